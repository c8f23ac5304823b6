/** Work on an import: start it, follow it, cancel it, undo it. */

import { announce } from "../announce.js";
import { Cancelled, call, getJson, newKey, postJson } from "../api.js";
import { store } from "../store.js";
import { insist, pause } from "../tasks.js";
import * as words from "../words.js";
import { imports } from "./state.js";
import { added } from "./words.js";

const EVERY = 700; // ms between looks
let following = null; // {task, ends}
let reload = async () => {};

const progressOf = (task, signal) => getJson(`/data-ingestion/progress/${encodeURIComponent(task)}/`, { signal });
const patch = (id, values) => imports.get().run?.id === id && imports.set({ run: { ...imports.get().run, ...values } });

/**
 * Follow what is under way with the import that is open, until another address is opened; the work itself goes on.
 *
 * @param {function(string): Promise<void>} loadUpload loads an import again, after a run of it has ended
 */
export function startRuns(loadUpload) {
  reload = loadUpload;
  store.on(["route"], leave);
  imports.on(["upload"], ({ upload }) => {
    const { task_id: task, state } = upload?.detail ?? {};
    if (task && state === "importing") followRun({ id: upload.id, task, kind: "import" });
    else if (task && state === "looking") followRun({ id: upload.id, task, kind: "look" });
    else if (task && state === "imported") followRun({ id: upload.id, task, kind: "undo", quiet: true });
  });
}

function leave() {
  following?.ends.abort();
  following = null;
  imports.set({ run: null });
}

/**
 * Follow a run until it has ended, then load the import again.
 *
 * @param {{id: string, task: string, kind: "import"|"undo"|"look", quiet?: boolean, open?: boolean}} run `quiet`: it may have ended long
 *   ago, then nothing is shown; `open`: the request that starts it is still open, so it may be unknown yet
 */
async function followRun({ id, task, kind, quiet = false, open = false }) {
  if (following?.task === task) return;
  following?.ends.abort();
  const mine = { task, ends: new AbortController() };
  following = mine;
  const { signal } = mine.ends;
  const show = (status) => imports.set({ run: { ...(imports.get().run?.task === task ? imports.get().run : {}), id, kind, task, status } });
  if (!quiet) show(null);
  try {
    if (open) await pause(EVERY, signal); // most are known by then
    for (let looks = 0; ; looks += 1) {
      let status = null;
      try {
        status = await insist(() => progressOf(task, signal), signal);
      } catch (error) {
        if (error instanceof Cancelled || !(open && error.status === 404)) throw error;
      }
      if (status?.ready) {
        if (quiet && !looks) return end(mine);
        return finish(mine, id, kind, status);
      }
      show(status);
      await pause(EVERY, signal);
    }
  } catch (error) {
    if (error instanceof Cancelled) return undefined;
    if (quiet) return end(mine);
    patch(id, { error });
    return undefined;
  }
}

function end(mine) {
  if (following !== mine) return;
  following = null;
  imports.set({ run: null });
}

async function finish(mine, id, kind, { state, result, error }) {
  if (following !== mine) return;
  const failed = state === "FAILURE" ? (typeof error === "string" ? { message: error } : error) : null;
  await reload(id);
  if (following !== mine) return;
  following = null;
  imports.set({ run: failed && kind === "undo" ? { id, kind, task: mine.task, error: failed, over: true } : null });
  if (state === "REVOKED") announce("Cancelled. The register is as it was.");
  else if (kind === "look" && !failed) announce("Look at what was recognised.");
  else if (failed) announce(`It failed. ${failed.message}`);
  else if (kind === "undo") announce("The import is undone.");
  else announce(`Imported: ${words.count(added(result ?? {}), "contract")}.`);
}

/** Start the import with what was chosen. */
export const startImport = (id, choices) => begin(id, "import", `/data-ingestion/process/${encodeURIComponent(id)}/`, choices);
/** Take an import's contracts out of the register again. */
export const undoImport = (id) => begin(id, "undo", `/data-ingestion/uploads/${encodeURIComponent(id)}/undo/`, {});

async function begin(id, kind, path, body) {
  const key = newKey();
  imports.set({ run: null });
  followRun({ id, task: key, kind, open: true }); // the key is the task's id, also while the request is still open
  try {
    const { data } = await insist(() => call("POST", path, { body, key }));
    if (data.task_id && data.task_id !== key && imports.get().run?.id === id) followRun({ id, task: data.task_id, kind });
  } catch (error) {
    if (imports.get().run?.id !== id) return;
    following?.ends.abort();
    following = null;
    imports.set({ run: { id, kind, task: null, error, over: true } });
    announce(`It could not be started. ${error.message}`);
  }
}

/** Ask the server to stop the run. */
export async function cancelRun() {
  const { run } = imports.get();
  if (!run?.task || run.cancelling) return;
  patch(run.id, { cancelling: true });
  try {
    await postJson(`/data-ingestion/cancel/${encodeURIComponent(run.task)}/`, {});
  } catch (error) {
    patch(run.id, { cancelling: false, cancelError: error });
  }
}
