/**
 * Which findings are shown: of the section or of the whole review, by risk, state and category. Pure functions, and the address
 * that carries the choice.
 *
 * Filters: {scope: "section" | "all", risk: [], state: [], category: []}; an empty list lets everything through.
 */

import { go } from "../route.js";
import { store } from "../store.js";
import { RISKS } from "../words.js";

export const STATES = { pending: "Undecided", accepted: "Accepted", rejected: "Rejected", own: "Own", edited: "Edited" };
export const NO_FILTERS = Object.freeze({ scope: "section", risk: [], state: [], category: [] });
const FACETS = ["risk", "state", "category"];

/** Filters as the address says them; words that mean nothing are left out. */
export function parseFilters(query) {
  const asked = new URLSearchParams(query);
  return {
    scope: asked.get("show") === "all" ? "all" : "section",
    risk: asked.getAll("risk").filter((risk) => RISKS.includes(risk)),
    state: asked.getAll("state").filter((state) => state in STATES),
    category: asked.getAll("category").filter(Boolean),
  };
}

/** The part of the address behind the question mark; "" for no filters. */
export function writeFilters(filters) {
  const query = new URLSearchParams();
  if (filters.scope === "all") query.set("show", "all");
  for (const facet of FACETS) for (const value of filters[facet]) query.append(facet, value);
  return query.toString();
}

/** The states a finding is in: its decision, unless it is the reader's own, and whether it was edited. */
export function statesOf(finding) {
  const states = finding.source === "reader" ? ["own"] : [finding.decision];
  return finding.edited ? [...states, "edited"] : states;
}

const VALUES = { risk: (finding) => [finding.risk_level], state: statesOf, category: (finding) => [finding.category] };
const passes = (finding, filters, facet) =>
  !filters[facet].length || VALUES[facet](finding).some((value) => filters[facet].includes(value));

/** Whether anything is held back. */
export const isFiltered = (filters) => FACETS.some((facet) => filters[facet].length > 0);

export const matching = (findings, filters) => findings.filter((finding) => FACETS.every((facet) => passes(finding, filters, facet)));

/** How many findings each value of a facet would show, under the other facets' filters: Map of value -> number. */
export function tally(findings, filters, facet) {
  const counts = new Map();
  const others = FACETS.filter((other) => other !== facet);
  for (const finding of findings) {
    if (!others.every((other) => passes(finding, filters, other))) continue;
    for (const value of VALUES[facet](finding)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** In the order of the text; what is about the whole document comes first. */
export const inOrder = (a, b) =>
  a.section_index - b.section_index || a.start - b.start || a.end - b.end || RISKS.indexOf(a.risk_level) - RISKS.indexOf(b.risk_level);

/** What a list may hold: a rejected finding that is not found any more is only remembered. */
const belongs = (finding) => finding.present !== false || finding.decision !== "rejected";

/** All findings the scope covers, in order, or null while they aren't known. */
export function scopeFindings({ filters, section, review, session }) {
  if (filters.scope === "all") return review?.session === session?.id ? (review?.items ?? null) : null;
  return section?.phase === "ready" ? section.findings : null;
}

let last = { from: null, filters: null, found: [] };

/** The findings on show. The same list as last time while nothing changed. */
export function shownFindings(state) {
  const from = scopeFindings(state);
  if (last.from !== from || last.filters !== state.filters)
    last = { from, filters: state.filters, found: matching((from ?? []).filter(belongs), state.filters).sort(inOrder) };
  return last.found;
}

/** Findings of the scope that a list may hold, unfiltered: what the counts count. */
export const countable = (state) => (scopeFindings(state) ?? []).filter(belongs);

/** Change filters; the address follows, without a step for the Back button. */
export function setFilters(patch) {
  const filters = { ...store.get().filters, ...patch };
  store.set({ filters });
  mirror(filters);
}

/** Press one value of a facet in or out. */
export function toggleFilter(facet, value) {
  const chosen = store.get().filters[facet];
  setFilters({ [facet]: chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value] });
}

export const clearFilters = () => setFilters({ risk: [], state: [], category: [] });

/** Have the address say what is shown. */
function mirror(filters) {
  const [path] = location.hash.split("?");
  const query = writeFilters(filters);
  const hash = query ? `${path}?${query}` : path;
  if (hash !== location.hash) go(hash, { replace: true });
}

/** Follow the address: filters that it names are taken, others go on from section to section of a document. */
export function startFilters() {
  let session = null;
  store.on(["route"], ({ route, filters }) => {
    if (!route.session) return;
    if (route.query) {
      const asked = parseFilters(route.query);
      if (writeFilters(asked) !== writeFilters(filters)) store.set({ filters: asked });
    } else if (route.session !== session) store.set({ filters: NO_FILTERS });
    else if (route.section !== null) mirror(filters);
    session = route.session;
  });
}
