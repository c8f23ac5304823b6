/** The register: search, summary, contracts and charts. */

import { h, mount } from "../dom.js";
import { button, problem, skeleton } from "../parts.js";
import { store } from "../store.js";
import * as words from "../words.js";
import { chartView } from "./charts.js";
import { chipList } from "./chips.js";
import { emptyRegister } from "./empty.js";
import { exportMenu } from "./export.js";
import { loadOverview, startLoading } from "./load.js";
import { moreFilters } from "./more-filters.js";
import { linkToQuery } from "./query.js";
import { savedFilters } from "./saved.js";
import { searchField } from "./search-field.js";
import { register } from "./state.js";
import { contractTable } from "./table.js";
import { tiles } from "./tiles.js";

/** @param {HTMLElement} root */
export function registerPanel(root) {
  const facts = h("p", { class: "register-facts", id: "register-facts" });
  const notes = h("div", { class: "register-notes" });
  const instead = h("div", { class: "register-instead" });
  const full = h("div", { class: "register-full", hidden: true });
  root.append(h("div", { class: "register-head" }, h("h1", { id: "register-title" }, "Contract register"), facts), notes, instead, full);
  let built = false;

  register.on(["overview"], ({ overview }) => {
    const filled = Boolean(overview?.rows);
    full.hidden = !filled;
    instead.hidden = filled;
    mount(facts, filled ? factsOf(overview) : "");
    mount(notes, damageOf(overview));
    if (filled && !built) {
      build(full);
      built = true;
    }
    if (!overview) mount(instead, h("p", { class: "hidden-visually", role: "status" }, "Loading the register"), skeleton(6));
    else if (overview.error)
      mount(
        instead,
        problem(overview.error, {
          title: "The register could not be opened",
          actions: [button("Try again", loadOverview, { look: "primary" })],
        }),
      );
    else if (!filled) mount(instead, emptyRegister());
  });
  store.on(["route"], ({ route }) => route.page === "register" && store.set({ pageTitle: "" }));
  startLoading();
}

function build(root) {
  const bar = h("div", { class: "search-bar" });
  const chips = h("div", { class: "chips", id: "chips" });
  const sums = h("dl", { class: "tiles", id: "tiles" });
  const views = h("nav", { class: "views", "aria-label": "Views" });
  const tools = h("div", { class: "tools" });
  const contracts = contractTable();
  const charts = chartView();
  searchField(bar);
  chipList(chips);
  tiles(sums);
  const only = h("div", { class: "tools-table" }, contracts.tools);
  tools.append(only, exportMenu());
  root.append(
    h("search", { class: "search", "aria-label": "Contracts" }, bar, h("div", { class: "search-tools" }, moreFilters(), savedFilters())),
    chips,
    sums,
    h("div", { class: "view-bar" }, views, tools),
    contracts.node,
    charts,
  );
  register.on(["query"], ({ query }) => {
    const link = (view, label) =>
      h(
        "a",
        { class: "view", id: `view-${view}`, href: linkToQuery({ view }, query), "aria-current": query.view === view ? "page" : null },
        label,
      );
    mount(views, link("contracts", "Contracts"), link("charts", "Charts"));
    contracts.node.hidden = query.view !== "contracts";
    only.hidden = query.view !== "contracts";
    charts.hidden = query.view !== "charts";
  });
}

function factsOf({ rows, imports, first_date: first, last_date: last }) {
  const [from, to] = [first?.slice(0, 4), last?.slice(0, 4)]; // of some contracts only the year is known
  const years = from && to && (from === to ? from : `${from} to ${to}`);
  const parts = [words.count(rows, "contract"), years, words.count(imports, "import")];
  return parts.filter(Boolean).join(" · ");
}

function damageOf(overview) {
  if (!overview?.damaged?.length) return null;
  return problem(
    {
      message: `${words.count(overview.damaged.length, "part of the register is", "parts of the register are")} damaged and left out of everything shown here.`,
      hint: overview.damaged.map(({ segment, reason }) => `${segment}: ${reason}`).join(" "),
    },
    { title: "Not all contracts can be shown" },
  );
}
