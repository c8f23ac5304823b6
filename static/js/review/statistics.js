/** The statistics: of all documents, or of one; what was found, decided and spent, and which findings return. */

import { Cancelled, getJson } from "../api.js";
import { h, icon, mount } from "../dom.js";
import { button, problem, skeleton } from "../parts.js";
import { STATISTICS, linkTo } from "../route.js";
import { store } from "../store.js";
import { insist } from "../tasks.js";
import { RISKS, duration, number, percent } from "../words.js";
import { bars } from "./bars.js";
import { STATES } from "./filters.js";

/** @param {HTMLElement} root */
export function statisticsPanel(root) {
  let asking = new AbortController();
  let shown = "";
  const show = async (id) => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    mount(root, heading(id, null), h("p", { class: "hidden-visually", role: "status" }, "Counting"), skeleton(8));
    try {
      const query = id ? `?session_id=${encodeURIComponent(id)}` : "";
      const numbers = await insist(() => getJson(`/get_statistics${query}`, { signal }), signal);
      const spending = id ? null : await insist(() => getJson("/usage?days=1", { signal }), signal);
      const name = id ? ((await getJson(`/sessions/${encodeURIComponent(id)}`, { signal })).document_name ?? "") : null;
      store.set({ pageTitle: name ?? "" });
      mount(root, heading(id, name), content(numbers, id, spending));
    } catch (error) {
      if (error instanceof Cancelled) return;
      const again = button("Try again", () => show(id), { look: "primary", id: "reload-statistics" });
      mount(root, heading(id, null), problem(error, { title: "The statistics could not be loaded", actions: [again] }));
    }
  };
  store.on(["route"], ({ route }) => {
    const now = route.page === "statistics" ? `of ${route.part ?? ""}` : "";
    if (now === shown) return;
    shown = now;
    if (now) show(route.part);
    else asking.abort();
  });
}

function heading(id, name) {
  return h(
    "header",
    { class: "page-head" },
    id && h("a", { class: "back", href: linkTo(id, -1) }, icon("back"), "To the document"),
    h("h1", { id: "statistics-title" }, "Statistics"),
    h("p", { class: "lead" }, id ? (name ?? "") : "Over all your documents."),
    id && h("p", null, h("a", { href: STATISTICS }, "Of all documents")),
  );
}

function content(numbers, id, spending) {
  if (!numbers.sections_reviewed && !numbers.findings)
    return h(
      "div",
      { class: "empty" },
      h("span", { class: "empty-mark" }, icon("trend")),
      h("p", { class: "empty-title" }, "Nothing to count yet"),
      h("p", null, "Analyze a document: its findings, your decisions and the time they took are added up here."),
      h("a", { class: "button", href: id ? linkTo(id, -1) : "#/" }, id ? "To the document" : "To the documents"),
    );
  return [tiles(numbers, id), h("div", { class: "statistics-parts" }, found(numbers), decided(numbers), categories(numbers)), patterns(numbers), usage(numbers), budget(spending)];
}

const tile = (label, value, more = "") => h("div", { class: "tile" }, h("dt", null, label), h("dd", null, value), more && h("dd", { class: "tile-more" }, more));

function tiles(numbers, id) {
  const { decisions, findings } = numbers;
  const decidedShare = findings ? (findings - decisions.pending) / findings : 0;
  return h(
    "dl",
    { class: "tiles whole-tiles", id: "statistics-tiles" },
    !id && tile("Documents", number(numbers.documents)),
    tile("Sections analyzed", number(numbers.sections_reviewed), `of ${number(numbers.sections)}`),
    tile("Findings", number(findings), numbers.own ? `${number(numbers.own)} of your own` : ""),
    tile("Decided", percent(decidedShare), `${number(findings - decisions.pending)} of ${number(findings)}`),
    tile("Reviewer's time", duration(numbers.review_seconds)),
    tile("Your time", duration(numbers.reading_seconds), "between decisions, without breaks"),
  );
}

const part = (title, ...body) => h("section", { class: "statistics-part" }, h("h2", null, title), ...body);

const found = ({ by_risk: risks }) =>
  part(
    "By risk",
    bars(
      "Findings by risk",
      RISKS.map((risk) => ({ name: risk, value: risks[risk] ?? 0, look: `is-${risk.toLowerCase()}` })),
    ),
  );

const decided = ({ decisions }) =>
  part(
    "By decision",
    bars(
      "Findings by decision",
      ["accepted", "rejected", "pending"].map((state) => ({ name: STATES[state], value: decisions[state] ?? 0, look: `is-${state}` })),
    ),
  );

function categories({ by_category: amounts }) {
  const rows = Object.entries(amounts)
    .sort((a, b) => b[1] - a[1])
    .map(([name, value]) => ({ name, value }));
  return part("By category", rows.length ? bars("Findings by category", rows) : h("p", { class: "panel-lead" }, "No findings yet."));
}

function patterns({ patterns: rows }) {
  if (!rows?.length) return part("Findings that return", h("p", { class: "panel-lead" }, "No finding has come up more than once."));
  return part(
    "Findings that return",
    table(
      "The findings that return most",
      ["Finding", "Category", "Times", "Documents"],
      rows.map(({ text, category, count: times, documents }) => [text, category, number(times), number(documents)]),
    ),
  );
}

function table(label, head, rows) {
  return h(
    "div",
    { class: "table-frame is-plain", tabindex: "0", role: "region", "aria-label": label },
    h(
      "table",
      { class: "plain-table" },
      h("caption", { class: "hidden-visually" }, label),
      h("thead", null, h("tr", null, head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, rows.map((cells) => h("tr", null, cells.map((cell, place) => (place ? h("td", null, cell) : h("th", { scope: "row" }, cell)))))),
    ),
  );
}

const dollars = (value) => (value === null || value === undefined ? "not known" : `$${value.toFixed(value < 1 ? 4 : 2)}`);

/** What may still be spent today, where the installation has a budget. */
function budget(spending) {
  const { budget_usd: whole, spent_usd: spent = 0, remaining_usd: left = 0 } = spending ?? {};
  if (whole === undefined || whole === null) return null;
  return part(
    "Budget of the day",
    h("p", { class: "panel-lead" }, `${dollars(spent)} of ${dollars(whole)} spent by all readers since midnight (UTC); ${dollars(Math.max(0, left))} left.`),
    left <= 0 && h("p", { class: "panel-note" }, icon("alert"), "New analyses and questions start again tomorrow."),
  );
}

/** Tokens and what they cost; nothing when no model was paid. */
function usage({ usage: used }) {
  const tokens = (row) => [row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens].map((value) => number(value ?? 0));
  if (!used || !(used.input_tokens || used.output_tokens)) return null;
  const head = ["Tokens in", "Tokens out", "Read from the cache", "Written to it", "Cost (estimated)"];
  const cells = (row) => [...tokens(row), dollars(row.cost_usd)];
  const sections = used.by_section ?? [];
  return [
    part(
      "Claude",
      h(
        "p",
        { class: "panel-lead" },
        `${number(used.input_tokens)} tokens in, ${number(used.output_tokens)} out, ${number(used.cache_read_tokens ?? 0)} of them read from the cache. Estimated cost: ${dollars(used.cost_usd)}.`,
      ),
      used.by_day?.length > 0 && table("Tokens and cost by day", ["Day", ...head], used.by_day.map((row) => [row.day, ...cells(row)])),
      sections.length > 0 &&
        table(
          "Tokens and cost by section",
          ["Section", ...head],
          sections.map((row) => [row.section ?? (row.section_index === -1 ? "Whole document" : "Questions"), ...cells(row)]),
        ),
    ),
  ];
}

