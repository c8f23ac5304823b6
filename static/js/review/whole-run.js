/** The analysis of a whole document: start, follow, cancel. While it runs, the sections show how far each of them is. */

import { describe, dropJob, isActive, nameOf, putFailure, putJob, requestCancel } from "../analysis.js";
import { announce } from "../announce.js";
import { Cancelled, getJson, newKey } from "../api.js";
import { rememberTask, tab } from "../memory.js";
import { WHOLE } from "../route.js";
import { refreshPlace } from "../section.js";
import { store } from "../store.js";
import { follow, pause, resultOf, work } from "../tasks.js";
import { count } from "../words.js";
import { refreshFindings } from "./findings.js";

const LOOK = 700; // ms between looks at the sections while the run goes on

const FRESH = { waiting: false, progress: null, startsAt: null, retryAt: null, error: null, failed: [] };

const failedIn = (id) => `failed:${id}`;

/** Analyze all sections and then the document as a whole; joins a run that is under way. */
export async function analyzeDocument({ force = false } = {}) {
  const { session } = store.get();
  if (session?.phase !== "ready") return;
  const name = nameOf(session.id, WHOLE);
  if (isActive(store.get().jobs[name])) return;
  clearFailed(session);
  for (;;) {
    const key = newKey();
    putJob(name, { ...FRESH, phase: "running", taskId: key, status: "Sending" });
    rememberTask(name, key);
    const again = await settle(session.id, () =>
      work("/analyze_document", { session_id: session.id, force }, { key, onTask: (id) => adopt(name, id), onStatus: hear(session.id) }),
    );
    if (!again) return;
    await pause(again);
    if (store.get().jobs[name]?.phase !== "limited") return; // cancelled while it waited
  }
}

/** Pick up a run that was started before the page was loaded, or elsewhere. */
export async function resumeDocument(id, taskId) {
  const name = nameOf(id, WHOLE);
  if (isActive(store.get().jobs[name])) return;
  putJob(name, { ...FRESH, phase: "running", taskId, status: "Picking up where it was" });
  rememberTask(name, taskId);
  await settle(id, async () => {
    try {
      return resultOf(await follow(taskId, { onStatus: hear(id) }));
    } catch (error) {
      if (error.status === 404) return null; // it ended long ago and was tidied away
      throw error;
    }
  });
}

/** After a reload, name again the sections that failed in the last run and have not been analyzed since. */
export function recallFailed(id, sections) {
  const failed = tab.get(failedIn(id), []).filter((one) => sections.find((row) => row.index === one.section_index)?.state === "new");
  if (failed.length) putFailed(id, failed);
}

/** A run has ended without some of its sections; each of them says why. */
function putFailed(id, failed) {
  const known = failed.map((one) => ({ ...one, error: sayable(one.error) }));
  for (const { section_index: index, error } of known)
    if (!isActive(store.get().jobs[nameOf(id, index)])) putJob(nameOf(id, index), { ...FRESH, phase: "failed", error, force: false });
  putJob(nameOf(id, WHOLE), { ...FRESH, phase: "partly", failed: known });
}

const sayable = (error) => (error?.message ? error : { message: typeof error === "string" && error ? error : "The reason isn't known." });

/** A new run begins: what is said of its sections' earlier ends is over. */
function clearFailed({ id, sections }) {
  for (const { index } of sections) {
    const { phase } = store.get().jobs[nameOf(id, index)] ?? {};
    if (phase === "failed" || phase === "cancelled") dropJob(nameOf(id, index));
  }
}

/** Cancel the run, or the countdown to it. */
export async function cancelDocument() {
  const { session, jobs } = store.get();
  const name = nameOf(session.id, WHOLE);
  const job = jobs[name];
  if (job?.phase === "limited") {
    putJob(name, { phase: "cancelled", error: null });
    announce("Analysis of the document cancelled.");
  } else if (job?.phase === "running") {
    putJob(name, { phase: "cancelling" });
    await requestCancel(name);
  }
}

export const dismissDocument = () => dropJob(nameOf(store.get().session.id, WHOLE));

function adopt(name, id) {
  putJob(name, { taskId: id });
  rememberTask(name, id);
  if (store.get().jobs[name].phase === "cancelling") requestCancel(name);
}

const hear = (id) => (status) => {
  putJob(nameOf(id, WHOLE), describe(parted(status)));
  look(id);
};

/** A run whose sections are at work waits for them, not for a free slot: what it says is how many are done. */
const parted = (status) => (status.progress > 0 || /\d+ of \d+/.test(status.status ?? "") ? { ...status, state: "PROGRESS" } : status);

async function settle(id, run) {
  const name = nameOf(id, WHOLE);
  const watching = new AbortController();
  keepLooking(id, watching.signal);
  try {
    const result = await run();
    rememberTask(name, null);
    const failed = result?.failed ?? [];
    tab.set(failedIn(id), failed);
    if (failed.length) putFailed(id, failed);
    else dropJob(name);
    if (result) announce(ending(result));
  } catch (error) {
    return putFailure(name, error, {
      cancelled: "Analysis of the document cancelled. What was analyzed is kept.",
      failed: "The analysis of the document failed.",
    });
  } finally {
    watching.abort();
    await takeSections(id, true);
    await refreshPlace(id, WHOLE);
  }
  return 0;
}

function ending({ sections, failed }) {
  if (failed?.length) return `The document is analyzed but for ${count(failed.length, "section")}.`;
  return `The document is analyzed: ${count(sections?.done ?? 0, "section")}.`;
}

// -- the sections while it runs

let due = false;

/** The run said something: see soon what became of the sections. */
function look(id) {
  if (due) return;
  due = true;
  setTimeout(() => {
    due = false;
    takeSections(id, false);
  }, LOOK / 2);
}

async function keepLooking(id, signal) {
  try {
    for (;;) {
      await pause(LOOK, signal);
      if (store.get().session?.id === id) await takeSections(id, false);
    }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
  }
}

/** Take over the states of the sections; where one has been analyzed since, its findings too. */
async function takeSections(id, last) {
  if (store.get().session?.id !== id) return;
  let answer;
  try {
    answer = await getJson(`/sessions/${encodeURIComponent(id)}`);
  } catch {
    return; // the banner says it when the server is away, and there is another look soon
  }
  const { session, section } = store.get();
  if (session?.id !== id) return;
  const fresh = sectionsOf(answer);
  const changed = fresh.filter((row) => {
    const before = session.sections.find((other) => other.index === row.index);
    return row.state === "done" && (before?.state !== "done" || before.findings !== row.findings);
  });
  if (last || changed.length || fresh.some((row, place) => row.state !== session.sections[place]?.state))
    store.set({ session: { ...session, sections: fresh, document: answer.document ?? null } });
  if (changed.length || last) refreshFindings(id);
  if (changed.some((row) => row.index === section?.index)) await refreshPlace(id, section.index);
}

/** Rows of the sections with what their tasks say: one that has not begun waits. */
function sectionsOf({ sections, active_tasks: tasks = [] }) {
  const waiting = new Set(
    tasks.filter((task) => task.state === "PENDING" || task.state === "RETRY").map((task) => task.section_index),
  );
  return sections.map((row) => (row.state === "running" && waiting.has(row.index) ? { ...row, state: "waiting" } : row));
}
