/** The chosen finding and the quoted passage: what text, cards and keys agree on. */

import { clearFilters, shownFindings } from "./review/filters.js";
import { findingOf } from "./review/findings.js";
import { go, linkTo } from "./route.js";
import { store } from "./store.js";

const narrow = matchMedia("(max-width: 47.99rem)");
/** Whether the window shows one panel at a time. */
export const isNarrow = () => narrow.matches;

/** Choose a finding from its card: the text goes to its words. */
export function chooseFromCard(key) {
  store.set({ active: key, passage: null, side: "findings", ...(isNarrow() ? { view: "text" } : {}) });
  follow(key, false);
}

/** Choose a finding from its words: the cards go to it, whatever was filtered. */
export function chooseFromText(key) {
  store.set({ active: key, passage: null, side: "findings", ...(isNarrow() ? { view: "side" } : {}) });
  if (!shownFindings(store.get()).some((finding) => finding.key === key)) clearFilters();
}

/** Choose the next (1) or previous (-1) finding; returns its key or null. */
export function step(direction) {
  const state = store.get();
  const list = shownFindings(state);
  if (!list.length) return null;
  const here = list.findIndex((finding) => finding.key === state.active);
  const next = here < 0 ? (direction > 0 ? 0 : list.length - 1) : Math.min(Math.max(here + direction, 0), list.length - 1);
  return choose(list[next].key);
}

/** Choose a finding without going over to its text in a narrow window; returns its key. */
export function choose(key) {
  store.set({ active: key, passage: null, side: "findings" });
  follow(key, true);
  return key;
}

/** Open the section of a finding if another one is shown. */
function follow(key, replace) {
  const { session, route } = store.get();
  const finding = findingOf(store.get(), key);
  if (!finding || finding.section_index === route.section) return;
  go(`${linkTo(session.id, finding.section_index)}${route.query ? `?${route.query}` : ""}`, { replace });
}

export function letGo() {
  store.set({ active: null, passage: null });
}

/** Go to a passage that an answer quotes. */
export function showPassage(session, source) {
  store.set({
    active: null,
    passage: { session, section: source.section, start: source.start, end: source.end },
    ...(isNarrow() ? { view: "text" } : {}),
  });
  go(linkTo(session, source.section));
}
