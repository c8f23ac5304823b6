/** Following one task of the server until it has ended: by the socket, and by polling that survives a lost network. */

import { ApiError, Cancelled, Unreachable, call, getJson, postJson } from "./api.js";
import { drop, isConnecting, isLive, onLiveChange, watch } from "./live.js";

const FIRST_DELAY = 300; // ms between looks at a task; grows to the last
const LAST_DELAY = 1000;
const OFFLINE_DELAY = 2000;
const CONNECTING = 1500; // how long a socket that is being opened is waited for; then we poll meanwhile
const FIRST_WORD = 2500; // an open socket tells at once of a task it knows
const SILENCE = 45000; // and says something of an unfinished one every 30 s
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
 * A task's states as they come: pushed while the socket is open, otherwise those that `look` fetches.
 *
 * @param {string} id
 * @returns {{next: function(number, AbortSignal=): Promise<Object|null>, waiting: function(): boolean, stop: function(): void}}
 *   `next(ms)` resolves to the newest state that arrived since the last call; to null after `ms` without one, or when the socket has
 *   opened or ended
 */
function listenTo(id) {
  let newest = null;
  let wake = () => {};
  const stopWatching = watch(id, (status) => {
    newest = status;
    wake();
  });
  const stopHearing = onLiveChange(() => wake());
  return {
    async next(ms, signal) {
      if (!newest) {
        const woken = new AbortController();
        wake = () => woken.abort();
        try {
          await pause(ms, signal ? AbortSignal.any([signal, woken.signal]) : woken.signal);
        } catch (error) {
          if (signal?.aborted) throw error;
        }
        wake = () => {};
      }
      const status = newest;
      newest = null;
      return status;
    },
    /** Whether a state has arrived that nobody has taken yet. */
    waiting: () => newest !== null,
    stop() {
      stopWatching();
      stopHearing();
    },
  };
}

const look = (id, signal) => getJson(`/task_status/${encodeURIComponent(id)}`, { signal });

/**
 * Follow a task until it is ready; resolves to its last status.
 *
 * A network that is gone is waited out. An unknown id raises the server's 404.
 *
 * @param {string} id
 * @param {{onStatus?: function(Object): void, signal?: AbortSignal}} [options] aborting stops the looking, not the task
 */
export async function follow(id, { onStatus = () => {}, signal } = {}) {
  const states = listenTo(id);
  let delay = FIRST_DELAY;
  let failures = 0;
  let patience = FIRST_WORD; // how long an open socket may be silent before we ask ourselves
  try {
    for (;;) {
      let status = null;
      const live = isLive();
      if (live || isConnecting()) {
        status = await states.next(live ? patience : CONNECTING, signal);
        if (!status && !live && isLive()) continue; // it has just opened
      }
      const silent = !status;
      if (silent) {
        try {
          status = await look(id, signal);
          // It knows of the task, and the socket still says nothing: something in between swallows what is said.
          if (live && isLive() && !states.waiting()) drop();
          failures = 0;
          delay = Math.min(delay * 1.3, LAST_DELAY);
        } catch (error) {
          if (error instanceof Cancelled || error.status === 401 || error.status === 404) throw error;
          if (error instanceof Unreachable) delay = OFFLINE_DELAY;
          else if (++failures > PATIENCE) throw error;
          else delay = Math.max((error.retryAfter ?? 1) * 1000, LAST_DELAY);
        }
      }
      if (status) {
        onStatus(status);
        if (status.ready) return status;
        patience = silent ? FIRST_WORD : SILENCE; // a socket that opened after our own look has yet to show that it speaks
      }
      if (silent && !isLive()) {
        const pushed = await states.next(delay, signal);
        if (pushed) {
          onStatus(pushed);
          if (pushed.ready) return pushed;
        }
        delay = Math.min(delay, LAST_DELAY);
      }
    }
  } finally {
    states.stop();
  }
}

/** Watch a task for `ms`, or until it has ended; one that is unknown or can't be asked for is only waited for. */
export async function peek(id, { onStatus, signal, ms }) {
  if (!id) return pause(ms, signal);
  const states = listenTo(id);
  const until = Date.now() + ms;
  try {
    let heard = false;
    for (let left = ms; left > 0; left = until - Date.now()) {
      const status = await states.next(left, signal);
      heard ||= Boolean(status);
      if (status) onStatus(status);
      if (status?.ready) return undefined;
    }
    if (!heard) onStatus(await look(id, signal));
  } catch (error) {
    if (error instanceof Cancelled) throw error;
  } finally {
    states.stop();
  }
  return undefined;
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

/** Show the state of a task whose request is still open. */
async function watchOpenRequest(key, onStatus, signal) {
  let states = null;
  try {
    await pause(FIRST_DELAY, signal); // most are answered by then
    states = listenTo(key);
    for (;;) {
      let status = await states.next(isLive() ? SILENCE : LAST_DELAY / 2, signal);
      if (!status && !isLive() && !isConnecting()) status = await look(key, signal).catch(stopIfCancelled);
      if (signal.aborted || status?.ready) return; // the answer itself says the rest
      if (status) onStatus(status);
    }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
  } finally {
    states?.stop();
  }
}

/** A task is unknown until the server has written its row, or because the work joined another: look again. */
function stopIfCancelled(error) {
  if (error instanceof Cancelled) throw error;
  return null;
}

/** Ask the server to stop a task. True when it will stop. */
export async function cancelTask(id) {
  return (await postJson(`/cancel_task/${encodeURIComponent(id)}`, {})).cancelled !== false;
}
