/** Following one task of the server until it has ended, through polling that survives a lost network. */

import { ApiError, Cancelled, Unreachable, call, getJson, postJson } from "./api.js";

const FIRST_DELAY = 300; // ms between looks at a task; grows to the last
const LAST_DELAY = 1000;
const OFFLINE_DELAY = 2000;
const PATIENCE = 30; // looks that may fail with a server error in a row before we give up

/** Wait `ms`; ends early when `signal` aborts (rejects) or the browser says the network is back. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const stop = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      reject(new Cancelled());
    };
    if (signal?.aborted) return reject(new Cancelled());
    const timer = setTimeout(done, ms);
    addEventListener("online", done, { once: true });
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Repeat a call until the network lets it through. */
export async function insist(run, signal) {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      await pause(OFFLINE_DELAY, signal);
    }
  }
}

/**
 * Look at a task until it is ready; resolves to its last status.
 *
 * A network that is gone is waited out. An unknown id raises the server's 404.
 *
 * @param {string} id
 * @param {{onStatus?: function(Object): void, signal?: AbortSignal}} [options] aborting stops the looking, not the task
 */
export async function follow(id, { onStatus = () => {}, signal } = {}) {
  let delay = FIRST_DELAY;
  let failures = 0;
  for (;;) {
    try {
      const status = await getJson(`/task_status/${encodeURIComponent(id)}`, { signal });
      failures = 0;
      onStatus(status);
      if (status.ready) return status;
      delay = Math.min(delay * 1.3, LAST_DELAY);
    } catch (error) {
      if (error instanceof Cancelled || error.status === 401 || error.status === 404) throw error;
      if (error instanceof Unreachable) delay = OFFLINE_DELAY;
      else if (++failures > PATIENCE) throw error;
      else delay = Math.max((error.retryAfter ?? 1) * 1000, LAST_DELAY);
    }
    await pause(delay, signal);
    delay = Math.min(delay, LAST_DELAY);
  }
}

/** The result of a task that has ended; raises `Cancelled` or `ApiError` if it didn't succeed. */
export function resultOf(status) {
  if (status.state === "REVOKED") throw new Cancelled();
  if (status.successful === false || status.state === "FAILURE") {
    const error = typeof status.error === "string" ? { message: status.error } : (status.error ?? {});
    throw new ApiError({
      code: error.code ?? "failed",
      message: error.message ?? "The work failed.",
      hint: error.hint ?? "",
      retryAfter: error.retry_after ?? null,
    });
  }
  return status.result ?? {};
}

/**
 * POST work and wait for what comes of it, whether the server does it at once or gives it to a queue.
 *
 * The key is the task's id, so the status can be watched while the POST is still open, and a POST that broke off can be
 * sent again without working twice.
 *
 * @param {string} path
 * @param {Object} body
 * @param {{key: string, onTask?: function(string): void, onStatus?: function(Object): void, signal?: AbortSignal}} options
 *   `onTask` hears the id to cancel by, should the work have joined another task.
 */
export async function work(path, body, { key, onTask = () => {}, onStatus = () => {}, signal }) {
  const watching = new AbortController();
  watchOpenRequest(key, onStatus, watching.signal);
  let answer;
  try {
    answer = await insist(() => call("POST", path, { body, key, signal }), signal);
  } catch (error) {
    if (error.status === 409 && (await wasCancelled(key))) throw new Cancelled();
    throw error;
  } finally {
    watching.abort();
  }
  if (answer.status !== 202) return answer.data;
  onTask(answer.data.task_id);
  return resultOf(await follow(answer.data.task_id, { onStatus, signal }));
}

async function wasCancelled(id) {
  try {
    return (await getJson(`/task_status/${id}`)).state === "REVOKED";
  } catch {
    return false; // then the refusal itself is what there is to show
  }
}

async function watchOpenRequest(key, onStatus, signal) {
  try {
    await pause(FIRST_DELAY, signal);
    for (;;) {
      try {
        const status = await getJson(`/task_status/${key}`, { signal });
        if (signal.aborted || status.ready) return; // the answer itself says the rest
        onStatus(status);
      } catch (error) {
        if (error instanceof Cancelled) return;
        // unknown until the server has written its row, or because the work joined another task: look again
      }
      await pause(LAST_DELAY / 2, signal);
    }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
  }
}

/** Ask the server to stop a task. True when it will stop. */
export async function cancelTask(id) {
  return (await postJson(`/cancel_task/${encodeURIComponent(id)}`, {})).cancelled !== false;
}
