/** The table behind a chart of names: all of them, sorted and paged, each a way to narrow the search down. */

import { h, icon, mount } from "../dom.js";
import { pager } from "../pager.js";
import { skeleton } from "../parts.js";
import { go } from "../route.js";
import { linkOf } from "./drill.js";
import { amount, plain } from "./figures.js";
import { linkToQuery } from "./query.js";
import { register } from "./state.js";
import { waiting } from "./waiting.js";

const LISTS = { contractor: "contractors", organization: "organizations", area: "areas", category: "business_categories" };
const WORDS = { contractor: "Contractor", organization: "Organization", area: "Area", category: "Category" };
const COLUMNS = [
  ["label", null, "asc"],
  ["count", "Contracts", "desc"],
  ["total_value", "Total value", "desc"],
  ["avg_value", "Average", "desc"],
];
const LOOKS = { count: "is-integer", total_value: "is-amount", avg_value: "is-amount is-average" };

/** @returns {HTMLElement} */
export function ranking() {
  const frame = h("div", { class: "figures-frame", tabIndex: 0, role: "region", "aria-label": "All names with their figures" });
  const pages = pager({ id: "ranks", label: "Pages of names", onPage: (rankPage) => go(linkToQuery({ rankPage }, register.get().query)) });
  register.on(["ranking", "query"], ({ ranking: part, query }) => {
    frame.setAttribute("aria-busy", String(part?.phase === "loading"));
    const { data } = part ?? {};
    pages.node.hidden = !data;
    if (!data) return mount(frame, skeleton(8));
    pages.update(data.pagination);
    return mount(frame, table(data, query));
  });
  return h("div", { class: "chart-figures" }, waiting("ranking", "Adding up"), frame, pages.node);
}

function table({ results, dimension, pagination }, query) {
  return h(
    "table",
    { class: "figures" },
    h("caption", { class: "hidden-visually" }, `${WORDS[dimension]}: ${plain(pagination.total_count)} in all`),
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        COLUMNS.map(([key, label, first]) => header(key, label ?? WORDS[dimension], first, query)),
      ),
    ),
    h(
      "tbody",
      null,
      results.map((row, place) => line(row, place, dimension, query)),
    ),
  );
}

function line(row, place, dimension, query) {
  const missing = row.label === null || row.label === "";
  const filter = { [LISTS[dimension]]: [row.label] };
  return h(
    "tr",
    null,
    h(
      "th",
      { scope: "row" },
      missing ? h("i", null, "not given") : h("a", { id: `ranked-${place}`, href: linkOf(query.chart, filter) }, row.label),
    ),
    h("td", { class: "is-integer" }, plain(row.count)),
    h("td", { class: "is-amount" }, amount(row.total_value)),
    h("td", { class: "is-amount is-average" }, row.avg_value === null ? "–" : amount(row.avg_value)),
  );
}

function header(key, label, first, query) {
  const sorted = query.rank === key;
  const direction = sorted ? (query.rankDirection === "asc" ? "desc" : "asc") : first;
  const order = sorted ? (query.rankDirection === "asc" ? "ascending" : "descending") : "none";
  const sort = () => go(linkToQuery({ rank: key, rankDirection: direction, rankPage: 1 }, register.get().query));
  return h(
    "th",
    { scope: "col", class: LOOKS[key] ?? null, "aria-sort": order },
    h(
      "button",
      { type: "button", class: "sort", id: `rank-${key}`, onClick: sort },
      label,
      sorted && icon(query.rankDirection === "asc" ? "up" : "down"),
    ),
  );
}
