/** What the page knows of the findings: those of the section shown and those of the whole review are kept the same. */

import { Cancelled, getJson } from "../api.js";
import { store } from "../store.js";
import { insist } from "../tasks.js";
import { inOrder } from "./filters.js";

const REFRESH = 400; // ms: results that arrive together are fetched together
let changes = 0; // counts what the reader changed, so that an answer asked for earlier doesn't undo it
let loading = new AbortController();
let timer = 0;

/** A finding as the page uses it: with a key that is its own in the whole document. */
export function known(finding, section = null) {
  const index = finding.section_index ?? section;
  return { ...finding, section_index: index, places: finding.places ?? [], key: `${index}.${finding.id}` };
}

/** The finding with a key, from what is loaded; null when it isn't there. */
export function findingOf({ section, review }, key) {
  const listed = section?.findings?.find((finding) => finding.key === key);
  return listed ?? review?.items?.find((finding) => finding.key === key) ?? null;
}

/** Take in a finding that is new or has changed, wherever it is listed. */
export function putFinding(finding) {
  changes += 1;
  const { section, review } = store.get();
  if (section?.findings && section.index === finding.section_index)
    store.set({ section: { ...section, findings: placed(section.findings, finding) } });
  if (review?.items) store.set({ review: { ...review, items: placed(review.items, finding) } });
  countRow(finding.section_index);
}

function placed(list, finding) {
  if (!list.some((other) => other.key === finding.key)) return [...list, finding].sort(inOrder);
  return list.map((other) => (other.key === finding.key ? finding : other));
}

/** Take a finding out of the lists. */
export function dropFinding(key) {
  changes += 1;
  const { section, review } = store.get();
  const index = findingOf(store.get(), key)?.section_index;
  const without = (list) => list.filter((finding) => finding.key !== key);
  if (section?.findings) store.set({ section: { ...section, findings: without(section.findings) } });
  if (review?.items) store.set({ review: { ...review, items: without(review.items) } });
  countRow(index);
}

/** The number beside a section follows what is listed for it. */
function countRow(index) {
  const { session, section } = store.get();
  if (section?.index !== index || !section.findings || !session?.sections) return;
  const findings = section.findings.length;
  store.set({ session: { ...session, sections: session.sections.map((row) => (row.index === index ? { ...row, findings } : row)) } });
}

/** The numbers of the whole document, as an answer brought them. */
export function putCounts(counts) {
  const { review } = store.get();
  if (counts && review) store.set({ review: { ...review, counts } });
}

/** Load the findings of the whole review; what is on show stays until they are there. */
export async function loadFindings(id) {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  const before = store.get().review;
  if (before?.session !== id) store.set({ review: { session: id, phase: "loading", items: null, counts: null, truncated: false } });
  try {
    for (;;) {
      const asked = changes;
      const answer = await insist(() => getJson(`/sessions/${encodeURIComponent(id)}/findings`, { signal }), signal);
      if (asked !== changes) continue; // decided meanwhile: the answer may be from before
      const { counts, truncated } = answer;
      store.set({ review: { session: id, phase: "ready", items: answer.findings.map((finding) => known(finding)), counts, truncated } });
      return;
    }
  } catch (error) {
    if (error instanceof Cancelled) return;
    store.set({ review: { ...store.get().review, phase: "failed", error } });
  }
}

/** Load them again soon: an analysis brought new ones. */
export function refreshFindings(id) {
  clearTimeout(timer);
  timer = setTimeout(() => store.get().session?.id === id && loadFindings(id), REFRESH);
}

/** Load the findings of each document that is opened. */
export function startFindings() {
  store.on(["session"], ({ session, review }) => {
    if (session?.phase === "ready" && review?.session !== session.id) loadFindings(session.id);
    else if (!session && review) {
      loading.abort();
      store.set({ review: null, notes: {}, editing: null, lastDecision: null });
    }
  });
}
