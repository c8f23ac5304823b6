/** The table of contracts: sorted by its headers, with the columns that were chosen; a list of cards in a narrow window. */

import { h, icon, mount } from "../dom.js";
import { browser } from "../memory.js";
import { menu } from "../menu.js";
import { pager } from "../pager.js";
import { button, skeleton } from "../parts.js";
import { go } from "../route.js";
import { COLUMNS, DEFAULT_COLUMNS, SORTABLE, cell } from "./columns.js";
import { withoutChips } from "./kinds.js";
import { EMPTY, SIZES, isFiltered, linkToQuery } from "./query.js";
import { register } from "./state.js";
import { waiting } from "./waiting.js";

/** The columns shown: those of the address, else those this browser remembers. */
export const columnsOf = (query) => known(query.columns ?? browser.get("columns", DEFAULT_COLUMNS));
const known = (names) => {
  const kept = Object.keys(COLUMNS).filter((name) => names.includes(name));
  return kept.length ? kept : DEFAULT_COLUMNS;
};
const follow = (list, name) => linkToQuery({ ...EMPTY, [list]: [name], view: "charts", chart: "trend_year" });

/** @returns {{node: HTMLElement, tools: Node[]}} */
export function contractTable() {
  const frame = h("div", { class: "table-frame", tabIndex: 0, role: "region", "aria-label": "Contracts found", id: "contracts-frame" });
  const pages = pager({ id: "contracts", label: "Pages of contracts", onPage: (page) => toPage(page) });
  const size = sizeChoice();
  const sort = sortChoice();
  const foot = h("div", { class: "table-foot" }, size.node, pages.node);
  const node = h("div", { class: "contracts" }, waiting("found", "Searching"), frame, foot);

  register.on(["query"], ({ query }) => {
    size.choose(query.size);
    sort.choose(query);
  });
  register.on(["found", "query"], ({ found, query }) => {
    frame.setAttribute("aria-busy", String(found?.phase === "loading"));
    const { data } = found ?? {};
    foot.hidden = !data?.pagination?.total_count;
    if (!data) return mount(frame, found?.phase === "loading" || !found ? skeleton(10) : null);
    if (!data.pagination.total_count) return mount(frame, nothing(query));
    pages.update(data.pagination);
    return mount(frame, table(data.results, columnsOf(query), query));
  });
  return { node, tools: [sort.node, columnMenu()] };
}

function toPage(page) {
  go(linkToQuery({ page }, register.get().query));
  const frame = document.getElementById("contracts-frame");
  frame.scrollTop = 0;
  if (frame.getBoundingClientRect().top < 0) frame.scrollIntoView({ block: "start" });
}

function nothing(query) {
  return h(
    "div",
    { class: "nothing" },
    h("p", { class: "nothing-title" }, "No contract is like that"),
    h(
      "p",
      null,
      isFiltered(query) ? "Take a filter away, or look for a shorter part of a word or name." : "The register has no contracts to show.",
    ),
    isFiltered(query) && button("Clear all filters", () => go(linkToQuery(withoutChips(query))), { id: "clear-nothing" }),
  );
}

/* The roles are named because cards in a narrow window are no table to a browser otherwise. */
function table(rows, columns, query) {
  const widest = rows.map((row) =>
    h(
      "tr",
      { role: "row" },
      columns.map((name) =>
        h(
          "td",
          { role: "cell", class: `is-${COLUMNS[name].kind}`, "data-label": COLUMNS[name].label, "data-column": name },
          cell(name, row, follow),
        ),
      ),
    ),
  );
  return h(
    "table",
    { class: "contract-table", role: "table" },
    h(
      "caption",
      { class: "hidden-visually" },
      `Contracts by ${COLUMNS[query.sort].label.toLowerCase()}, ${query.direction === "asc" ? "ascending" : "descending"}`,
    ),
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        columns.map((name) => header(name, query)),
      ),
    ),
    h("tbody", { role: "rowgroup" }, widest),
  );
}

function header(name, query) {
  const { label, sort, kind } = COLUMNS[name];
  if (!sort) return h("th", { scope: "col", role: "columnheader", class: `is-${kind}` }, label);
  const sorted = query.sort === name;
  const next = sorted && query.direction === "desc" ? "asc" : sorted ? "desc" : kind === "text" ? "asc" : "desc";
  const state = sorted ? (query.direction === "asc" ? "ascending" : "descending") : "none";
  return h(
    "th",
    { scope: "col", role: "columnheader", class: `is-${kind}`, "aria-sort": state },
    h(
      "button",
      { type: "button", class: "sort", id: `sort-${name}`, onClick: () => sortBy(name, next) },
      label,
      sorted && icon(query.direction === "asc" ? "up" : "down"),
    ),
  );
}

const sortBy = (sort, direction) => go(linkToQuery({ sort, direction, page: 1 }, register.get().query));

/** The order as a choice, for windows too narrow for headers. */
function sortChoice() {
  const options = SORTABLE.flatMap((name) => {
    const { label, kind } = COLUMNS[name];
    const [down, up] =
      kind === "date" ? ["newest first", "oldest first"] : kind === "amount" ? ["largest first", "smallest first"] : ["Z to A", "A to Z"];
    return [
      [`${name}.desc`, `${label}, ${down}`],
      [`${name}.asc`, `${label}, ${up}`],
    ];
  });
  const select = h(
    "select",
    { id: "sort-by", "aria-label": "Order", onChange: () => sortBy(...select.value.split(".")) },
    options.map(([value, label]) => h("option", { value }, label)),
  );
  return {
    node: h("span", { class: "sort-choice" }, select),
    choose: ({ sort, direction }) => {
      select.value = `${sort}.${direction}`;
    },
  };
}

function sizeChoice() {
  const select = h(
    "select",
    { id: "page-size", onChange: () => go(linkToQuery({ size: Number(select.value), page: 1 }, register.get().query)) },
    SIZES.map((size) => h("option", { value: String(size) }, String(size))),
  );
  return {
    node: h("p", { class: "size-choice" }, h("label", { for: "page-size" }, "Rows a page"), select),
    choose: (size) => {
      select.value = String(size);
    },
  };
}

function columnMenu() {
  const boxes = h("div", { class: "menu-checks", role: "group", "aria-label": "Columns shown" });
  const choose = (columns) => {
    browser.set("columns", columns);
    go(linkToQuery({ columns }, register.get().query), { replace: true });
  };
  register.on(["query"], ({ query }) => {
    const shown = columnsOf(query);
    mount(
      boxes,
      Object.entries(COLUMNS).map(([name, { label }]) => {
        const checked = shown.includes(name);
        const change = () => choose(Object.keys(COLUMNS).filter((other) => (other === name ? !checked : shown.includes(other))));
        const only = checked && shown.length === 1;
        return h(
          "label",
          { class: "check" },
          h("input", { type: "checkbox", id: `column-${name}`, checked, disabled: only, onChange: change }),
          ` ${label}`,
        );
      }),
    );
  });
  const reset = button("As at first", () => choose(DEFAULT_COLUMNS), { id: "reset-columns", look: "quiet small" });
  return menu("Columns", [boxes, reset], { id: "open-columns", glyph: "columns", look: "small" }).node;
}
