/** Loads what the address of the imports names: the history, one import. Lists load themselves, see listing.js. */

import { ApiError, Cancelled, call, getJson } from "../api.js";
import { store } from "../store.js";
import { insist, pause } from "../tasks.js";
import { imports } from "./state.js";

export const INGESTION = "/data-ingestion";
export const pathOf = (id) => `${INGESTION}/uploads/${encodeURIComponent(id)}`;
const SIZE = 20;
const EVERY = 500; // ms between looks at work that takes long
let ends = new AbortController(); // what belongs to the address shown

export function startImports() {
  store.on(["route"], ({ route }) => {
    ends.abort();
    if (route.page !== "imports") return imports.set({ history: null });
    ends = new AbortController();
    const { part, detail, query } = route;
    store.set({ pageTitle: "" });
    if (!part) {
      imports.set({ route: { view: "history", id: null, part: null, query }, upload: null });
      return loadHistory();
    }
    if (part === "lists") return imports.set({ route: { view: "lists", id: null, part: detail ?? "suppliers", query } });
    imports.set({ route: { view: "upload", id: part, part: detail, query } });
    return loadUpload(part);
  });
}

export async function loadHistory(page = 1, { signal } = ends) {
  try {
    const answer = await insist(() => getJson(`${INGESTION}/uploads/?page=${page}&page_size=${SIZE}`, { signal }), signal);
    imports.set({ history: answer });
    if (answer.uploads.some(({ state }) => state === "importing" || state === "looking")) watchHistory(page, signal);
  } catch (error) {
    if (!(error instanceof Cancelled)) imports.set({ history: { error } });
  }
}

/** While something is being imported or looked at the history is looked at again and again. */
function watchHistory(page, signal) {
  const timer = setTimeout(() => loadHistory(page, { signal }), 2000);
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

/** Load one import; a run of it that is under way is followed, see run.js. */
export async function loadUpload(id, { signal } = ends) {
  const before = imports.get().upload;
  if (before?.id !== id) imports.set({ upload: { phase: "loading", id } });
  try {
    const detail = await insist(() => getJson(`${pathOf(id)}/`, { signal }), signal);
    imports.set({ upload: { phase: "ready", id, detail } });
    store.set({ pageTitle: detail.file_name });
  } catch (error) {
    if (error instanceof Cancelled) return;
    imports.set({ upload: { phase: error.status === 404 ? "missing" : "failed", id, error } });
  }
}

/**
 * Have another sheet of a workbook looked at, to import that one. Raises `ApiError`.
 *
 * @param {function(Object): void} told is told how far it is while that takes long
 */
export async function chooseSheet(id, sheet, told) {
  const { signal } = ends;
  let { status, data } = await call("POST", `${pathOf(id)}/sheet/`, { body: { sheet }, signal });
  if (status === 202) {
    const task = data.task_id;
    for (let work = data; !work.ready; told(work)) {
      await pause(EVERY, signal);
      work = await insist(() => getJson(`${INGESTION}/progress/${encodeURIComponent(task)}/`, { signal }), signal);
      if (work.ready && work.state !== "SUCCESS") throw new ApiError(work.error ?? { message: "Looking at the sheet was cancelled." });
    }
    data = await insist(() => getJson(`${pathOf(id)}/`, { signal }), signal);
  }
  if (imports.get().upload?.id === id) imports.set({ upload: { phase: "ready", id, detail: data } });
}

/** Forget an import that brought nothing into the register. Raises `ApiError`. */
export async function deleteUpload(id) {
  try {
    await call("DELETE", `${pathOf(id)}/`, { timeout: 15000 });
  } catch (error) {
    if (error.status !== 404) throw error; // gone already, as wished
  }
}
