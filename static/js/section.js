/** One section: its text and findings, and what an analysis changes in them. */

import { announce } from "./announce.js";
import { getJson, postJson } from "./api.js";
import { known, refreshFindings } from "./review/findings.js";
import { WHOLE } from "./route.js";
import { store } from "./store.js";
import { insist } from "./tasks.js";

/** Text and findings of a section, by its name. */
export async function fetchSection(session, name, signal) {
  const body = { session_id: session, section_name: name };
  const answer = await insist(() => postJson("/get_section_content", body, { signal }), signal);
  return {
    title: answer.title ?? answer.section_name,
    content: answer.content,
    findings: (answer.findings ?? []).map((finding) => known(finding, answer.index)),
    analyzedAt: answer.analyzed_at ?? null,
    reviewer: answer.reviewer ?? null,
    warnings: answer.warnings ?? [],
    dropped: answer.dropped ?? 0,
    activeTask: answer.active_task_id ?? null,
  };
}

/** What is known of the document as a whole, in the shape of a section that has no text. */
export async function fetchWhole(session, signal) {
  const answer = await insist(() => getJson(`/sessions/${encodeURIComponent(session)}/document`, { signal }), signal);
  return {
    title: null,
    content: "",
    findings: (answer.findings ?? []).map((finding) => known(finding, WHOLE)),
    coverage: answer.coverage ?? [],
    analyzedAt: answer.analyzed_at ?? null,
    reviewer: answer.reviewer ?? null,
    warnings: answer.warnings ?? [],
    dropped: 0,
    activeTask: null,
  };
}

/** Take in the outcome of an analysis: the row of the section, and its findings if it is the one shown. */
export async function takeResult(sessionId, index, findings) {
  patchRow(sessionId, index, { state: "done", findings });
  refreshFindings(sessionId);
  const { session } = store.get();
  const row = session?.id === sessionId ? session.sections?.find((candidate) => candidate.index === index) : null;
  if (row) announce(`${row.name}: ${findings === 1 ? "1 finding" : `${findings || "no"} findings`}.`);
  await refreshPlace(sessionId, index);
}

/** Show again what is known of the whole document, or of a section, if that is what is shown. */
export async function refreshPlace(sessionId, index) {
  const { session, section } = store.get();
  if (section?.session !== sessionId || section.index !== index) return;
  const row = session?.sections?.find((candidate) => candidate.index === index);
  if (!row && index !== WHOLE) return;
  try {
    const fresh = index === WHOLE ? await fetchWhole(sessionId) : await fetchSection(sessionId, row.name);
    const shown = store.get().section;
    if (shown?.session !== sessionId || shown.index !== index) return;
    if (index !== WHOLE) patchRow(sessionId, index, { findings: fresh.findings.length });
    store.set({ section: { session: sessionId, index, phase: "ready", ...fresh } });
  } catch (error) {
    failShown(sessionId, index, error);
  }
}

function failShown(sessionId, index, error) {
  const shown = store.get().section;
  if (shown?.session === sessionId && shown.index === index) store.set({ section: { ...shown, phase: "failed", error } });
}

/** Change what is known of a section's row. */
export function patchRow(sessionId, index, patch) {
  const { session } = store.get();
  if (session?.id !== sessionId || !session.sections) return;
  store.set({ session: { ...session, sections: session.sections.map((row) => (row.index === index ? { ...row, ...patch } : row)) } });
}
