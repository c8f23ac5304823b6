/** A list of the server, searched, sorted and paged; its state stands in the address. */

import { Cancelled, getJson } from "../api.js";
import { h, icon, mount } from "../dom.js";
import { pager } from "../pager.js";
import { button, problem, skeleton } from "../parts.js";
import { withBar } from "../patience.js";
import { go } from "../route.js";
import { insist } from "../tasks.js";
import { imports } from "./state.js";
import { whileConnected } from "./watch.js";

const PAUSE = 200; // ms of silence before a search
const SIZE = 50;

/**
 * @param {{address: string, path: string, params?: Object, rows: string, title: string, none: string, searched?: string, sort?: string,
 *   columns: {key: string, label: string, kind?: string, sort?: string, cell?: function(Object): (Node|string)}[]}} what
 *   `address` of this list on the page, `path` on the server with fixed `params`; `rows` is the key of the rows in the answer;
 *   `searched` is the label of the search field, without it there is none; `sort` is the order at first, as "name.asc"
 */
export function listing(what) {
  const frame = h("div", { class: "figures-frame listing-frame", tabIndex: 0, role: "region", "aria-label": what.title });
  const pages = pager({ id: "listing", label: `Pages of ${what.title.toLowerCase()}`, onPage: (page) => change({ page }) });
  const field = what.searched && h("input", { type: "search", id: "listing-search", autocomplete: "off", maxlength: "200" });
  const busy = h("div", { class: "listing-busy" });
  const node = h(
    "div",
    { class: "listing" },
    field && h("p", { class: "field" }, h("label", { for: "listing-search" }, what.searched), field),
    busy,
    frame,
    pages.node,
  );
  let state = null;
  let ends = new AbortController();
  let typing = 0;

  const read = (query) => {
    const found = new URLSearchParams(query);
    return { q: found.get("q") ?? "", page: Number(found.get("page")) || 1, sort: found.get("sort") ?? what.sort ?? "" };
  };
  const change = (patch, options) => {
    const next = { ...state, ...patch };
    const words = new URLSearchParams();
    if (next.q) words.set("q", next.q);
    if (next.sort && next.sort !== what.sort) words.set("sort", next.sort);
    if (next.page > 1) words.set("page", next.page);
    go(words.size ? `${what.address}?${words}` : what.address, options);
  };

  async function load() {
    ends.abort();
    ends = new AbortController();
    const { signal } = ends;
    const query = new URLSearchParams({ ...what.params, page: state.page, page_size: SIZE });
    if (state.q) query.set("q", state.q);
    const [by, direction] = state.sort.split(".");
    if (by)
      for (const [name, value] of [
        ["sort_by", by],
        ["sort_direction", direction],
      ])
        query.set(name, value);
    frame.setAttribute("aria-busy", "true");
    try {
      const answer = await withBar(busy, "Loading the list", () => insist(() => getJson(`${what.path}?${query}`, { signal }), signal));
      const rows = answer[what.rows];
      pages.update(answer);
      mount(
        frame,
        rows.length || answer.total_count ? table(rows) : h("p", { class: "nothing" }, state.q ? "No entry is like that." : what.none),
      );
    } catch (error) {
      if (error instanceof Cancelled) return;
      mount(frame, problem(error, { title: "The list could not be loaded", actions: [button("Try again", load)] }));
    } finally {
      if (!signal.aborted) frame.setAttribute("aria-busy", "false");
    }
  }

  function table(rows) {
    return h(
      "table",
      { class: "figures" },
      h("caption", { class: "hidden-visually" }, what.title),
      h("thead", null, h("tr", null, what.columns.map(header))),
      h(
        "tbody",
        null,
        rows.map((row) =>
          h(
            "tr",
            null,
            what.columns.map(({ key, kind, cell }) => h("td", { class: kind && `is-${kind}` }, cell ? cell(row) : (row[key] ?? "–"))),
          ),
        ),
      ),
    );
  }

  function header({ label, kind, sort }) {
    const [by, direction] = state.sort.split(".");
    if (!sort) return h("th", { scope: "col", class: kind && `is-${kind}` }, label);
    const sorted = by === sort;
    const next = sorted ? (direction === "asc" ? "desc" : "asc") : kind ? "desc" : "asc";
    return h(
      "th",
      { scope: "col", class: kind && `is-${kind}`, "aria-sort": sorted ? `${direction}ending` : "none" },
      h(
        "button",
        { type: "button", class: "sort", id: `listing-${sort}`, onClick: () => change({ sort: `${sort}.${next}`, page: 1 }) },
        label,
        sorted && icon(direction === "asc" ? "up" : "down"),
      ),
    );
  }

  field?.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => change({ q: field.value.trim(), page: 1 }, { replace: true }), PAUSE);
  });
  mount(frame, skeleton(8));
  let before = null;
  whileConnected(node, imports, ["route"], ({ route }) => {
    if (route.query === before) return;
    before = route.query;
    state = read(route.query);
    if (field && document.activeElement !== field) field.value = state.q;
    load();
  });
  return node;
}
