/** One section: its text and findings, and what an analysis changes in them. */

import { announce } from "./announce.js";
import { postJson } from "./api.js";
import { store } from "./store.js";
import { insist } from "./tasks.js";

/** Text and findings of a section, by its name. */
export async function fetchSection(session, name, signal) {
  const body = { session_id: session, section_name: name };
  const answer = await insist(() => postJson("/get_section_content", body, { signal }), signal);
  return {
    title: answer.title ?? answer.section_name,
    content: answer.content,
    findings: answer.findings ?? [],
    analyzedAt: answer.analyzed_at ?? null,
    reviewer: answer.reviewer ?? null,
    warnings: answer.warnings ?? [],
    dropped: answer.dropped ?? 0,
    activeTask: answer.active_task_id ?? null,
  };
}

/** Take in the outcome of an analysis: the row of the section, and its findings if it is the one shown. */
export async function takeResult(sessionId, index, findings) {
  patchRow(sessionId, index, { state: "done", findings });
  const { session, section } = store.get();
  const row = session?.id === sessionId ? session.sections?.find((candidate) => candidate.index === index) : null;
  if (row) announce(`${row.name}: ${findings === 1 ? "1 finding" : `${findings || "no"} findings`}.`);
  if (!row || section?.session !== sessionId || section.index !== index) return;
  try {
    const fresh = await fetchSection(sessionId, row.name);
    const shown = store.get().section;
    if (shown?.session !== sessionId || shown.index !== index) return;
    patchRow(sessionId, index, { findings: fresh.findings.length });
    store.set({ section: { session: sessionId, index, phase: "ready", ...fresh } });
  } catch (error) {
    const shown = store.get().section;
    if (shown?.session === sessionId && shown.index === index) store.set({ section: { ...shown, phase: "failed", error } });
  }
}

function patchRow(sessionId, index, patch) {
  const { session } = store.get();
  if (session?.id !== sessionId || !session.sections) return;
  store.set({ session: { ...session, sections: session.sections.map((row) => (row.index === index ? { ...row, ...patch } : row)) } });
}
