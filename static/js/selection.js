/** The chosen finding and the quoted passage: what text, cards and keys agree on. */

import { go, linkTo } from "./route.js";
import { store } from "./store.js";
import { RISKS } from "./words.js";

const narrow = matchMedia("(max-width: 47.99rem)");
/** Whether the window shows one panel at a time. */
export const isNarrow = () => narrow.matches;

/** The findings that the risk filter leaves, in the order of the text. */
export function visibleFindings({ section, risks }) {
  const findings = section?.phase === "ready" ? section.findings : [];
  const shown = risks.length ? findings.filter((finding) => risks.includes(finding.risk_level)) : findings;
  return [...shown].sort((a, b) => a.start - b.start || a.end - b.end || RISKS.indexOf(a.risk_level) - RISKS.indexOf(b.risk_level));
}

/** Choose a finding from its card: the text goes to its words. */
export function chooseFromCard(id) {
  store.set({ active: id, passage: null, side: "findings", ...(isNarrow() ? { view: "text" } : {}) });
}

/** Choose a finding from its words: the cards go to it. */
export function chooseFromText(id) {
  store.set({ active: id, passage: null, side: "findings", ...(isNarrow() ? { view: "side" } : {}), risks: [] });
}

/** Choose the next (1) or previous (-1) finding; resolves to its id or null. */
export function step(direction) {
  const state = store.get();
  const list = visibleFindings(state);
  if (!list.length) return null;
  const here = list.findIndex((finding) => finding.id === state.active);
  const next = here < 0 ? (direction > 0 ? 0 : list.length - 1) : Math.min(Math.max(here + direction, 0), list.length - 1);
  store.set({ active: list[next].id, passage: null, side: "findings" });
  return list[next].id;
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
