/** Analyses under way: start, follow, cancel, try again. Several sections may run at once. */

import { announce } from "./announce.js";
import { Cancelled, Unreachable, newKey } from "./api.js";
import { rememberTask } from "./memory.js";
import { takeResult } from "./section.js";
import { store } from "./store.js";
import { cancelTask, follow, pause, resultOf, work } from "./tasks.js";

/*
 * A job: {phase, taskId, status, progress, startsAt, retryAt, error, force}
 *   phase      running, cancelling, limited (refused for now, starts by itself at retryAt), failed, cancelled
 *   progress   0 to 100, null while unknown
 *   startsAt   ms since 1970: about when a waiting task gets its slot; null when it doesn't wait
 */
const stops = new Map(); // name of a job -> AbortController that ends its countdown
export const nameOf = (session, index) => `${session}/${index}`;
const LONGEST_WAIT = 600; // s: what is free later than that isn't waited for
const ACTIVE = new Set(["running", "cancelling", "limited"]);

export const jobOf = (state, session, index) => state.jobs[nameOf(session, index)] ?? null;
export const isActive = (job) => ACTIVE.has(job?.phase);

/** Change what is known of a job. */
export function putJob(name, patch) {
  const { jobs } = store.get();
  store.set({ jobs: { ...jobs, [name]: { ...jobs[name], ...patch } } });
}

/** Forget a job. */
export function dropJob(name) {
  const jobs = { ...store.get().jobs };
  delete jobs[name];
  store.set({ jobs });
  rememberTask(name, null);
}

/** What a task's status says, as a patch of a job or of a question. */
export function describe({ state, status, progress, error, eta_seconds: eta }) {
  if (state !== "PENDING" && state !== "RETRY") return { status: status ?? "", waiting: false, progress: progress ?? null, startsAt: null };
  const counts = Number.isFinite(eta) && eta >= 1; // less is not worth a countdown
  const words =
    state === "RETRY" && error?.message
      ? `${error.message} It is tried again.`
      : counts
        ? "Waiting for a free start"
        : "Waiting for a free slot";
  return { status: words, waiting: true, progress: null, startsAt: counts ? Date.now() + eta * 1000 : null };
}

/** Analyze a section; `force` works again although there is a result. */
export async function analyze(session, section, { force = false } = {}) {
  const name = nameOf(session, section.index);
  if (isActive(store.get().jobs[name])) return;
  const stop = new AbortController();
  stops.set(name, stop);
  for (;;) {
    const key = newKey();
    putJob(name, {
      phase: "running",
      taskId: key,
      status: "Sending",
      waiting: false,
      progress: null,
      startsAt: null,
      retryAt: null,
      error: null,
      force,
    });
    rememberTask(name, key);
    const body = { session_id: session, section_name: section.title, force };
    const again = await settle(session, section.index, () =>
      work("/analyze_section", body, {
        key,
        signal: stop.signal,
        onTask: (id) => adopt(name, id),
        onStatus: (status) => putJob(name, describe(status)),
      }),
    );
    if (!again) return;
    try {
      await pause(again, stop.signal);
    } catch {
      return; // the countdown was cancelled
    }
  }
}

function adopt(name, id) {
  putJob(name, { taskId: id });
  rememberTask(name, id);
  if (store.get().jobs[name].phase === "cancelling") requestCancel(name);
}

/** Pick up a task that was started before the page was loaded. */
export async function resumeAnalysis(session, index, taskId) {
  const name = nameOf(session, index);
  if (isActive(store.get().jobs[name])) return;
  putJob(name, {
    phase: "running",
    taskId,
    status: "Picking up where it was",
    waiting: false,
    progress: null,
    startsAt: null,
    retryAt: null,
    error: null,
    force: false,
  });
  rememberTask(name, taskId);
  await settle(session, index, async () => {
    try {
      return resultOf(await follow(taskId, { onStatus: (status) => putJob(name, describe(status)) }));
    } catch (error) {
      if (error.status === 404) return null; // it ended long ago and was tidied away
      throw error;
    }
  });
}

/** Wait for a job's end and put it on record. Resolves to the ms after which to try again, or 0. */
async function settle(session, index, run) {
  const name = nameOf(session, index);
  try {
    const result = await run();
    if (result)
      await takeResult(
        session,
        index,
        result.feedback_count ?? result.feedback_items?.length ?? result.result?.feedback_items?.length ?? 0,
      );
    dropJob(name);
  } catch (error) {
    return putFailure(name, error, { cancelled: "Analysis cancelled.", failed: "The analysis failed." });
  }
  return 0;
}

/**
 * Put on record why a job did not come to its end. Returns the ms after which to try again, where that is soon (a budget that is spent comes
 * back tomorrow); else 0.
 */
export function putFailure(name, error, { cancelled, failed }) {
  rememberTask(name, null);
  if (error instanceof Cancelled || store.get().jobs[name]?.phase === "cancelling" || error.code === "cancelled") {
    putJob(name, { phase: "cancelled", error: null });
    announce(cancelled);
    return 0;
  }
  if (error.status === 429 && error.retryAfter <= LONGEST_WAIT) {
    const wait = Math.max(1, error.retryAfter) * 1000;
    putJob(name, { phase: "limited", error, retryAt: Date.now() + wait });
    announce(`${error.message} The analysis starts by itself in ${Math.ceil(wait / 1000)} seconds.`);
    return wait;
  }
  putJob(name, { phase: "failed", error });
  announce(`${failed} ${error.message}`);
  return 0;
}

/** Cancel the analysis of a section, or the countdown to it. */
export async function cancelAnalysis(session, index) {
  const name = nameOf(session, index);
  const job = store.get().jobs[name];
  if (job?.phase === "limited") {
    stops.get(name)?.abort();
    putJob(name, { phase: "cancelled", error: null });
    announce("Analysis cancelled.");
  } else if (job?.phase === "running") {
    putJob(name, { phase: "cancelling" });
    await requestCancel(name);
  }
}

/** Ask the server to end the task of a job, until it hears. */
export async function requestCancel(name) {
  for (let attempt = 0; attempt < 10 && store.get().jobs[name]?.phase === "cancelling"; attempt += 1) {
    try {
      await cancelTask(store.get().jobs[name].taskId);
      return;
    } catch (error) {
      if (error.status !== 404 && !(error instanceof Unreachable)) break;
      await pause(400); // the request that makes the task is still on its way, or the network is gone
    }
  }
  if (store.get().jobs[name]?.phase === "cancelling") {
    putJob(name, { phase: "running" });
    announce("The analysis could not be cancelled.");
  }
}

/** Put away the note that a job was cancelled or failed. */
export const dismiss = (session, index) => dropJob(nameOf(session, index));
