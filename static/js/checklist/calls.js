/** What the server knows of checklists: the standing one for new documents, and the one of a document. */

import { ApiError, call, getJson, newKey, upload } from "../api.js";
import { MAX_GUIDELINES_BYTES } from "../uploads.js";
import { createStore } from "../store.js";
import * as words from "../words.js";

export const TYPES = ".md,.txt,.docx";

/** `standing`: the answer of GET /guidelines, or null while it isn't known. */
export const checklists = createStore({ standing: null });

const keep = (standing) => {
  checklists.set({ standing });
  return standing;
};
const ofDocument = (id) => `/sessions/${encodeURIComponent(id)}/guidelines`;
const remove = async (path) => (await call("DELETE", path, { timeout: 15000 })).data;
const put = async (path, body) => (await call("PUT", path, { body, timeout: 15000 })).data;

/** The standing checklist: `{markdown, checks, own, updated_at}`. This and all calls here raise `ApiError`. */
export const loadStanding = async () => keep(await getJson("/guidelines"));
/** `seen` is the checklist that this was written from: where there is another one by now, 409 with it as `error.answer.newer`. */
export const saveStanding = async (markdown, seen) => keep(await put("/guidelines", { markdown, based_on: seen.updated_at ?? null }));
export const forgetStanding = async (seen) => keep(await remove(`/guidelines?based_on=${seen.updated_at}`));

/** What a document is checked against: `{guidelines_preference, own_guidelines, checks}`. */
export const loadOfDocument = (id) => getJson(ofDocument(id));

/** Check a document against something else; without `markdown` it keeps its own checklist. */
export const saveOfDocument = (id, markdown, preference) =>
  put(ofDocument(id), { ...(markdown === null ? {} : { markdown }), guidelines_preference: preference });

/** Delete a document's own checklist. */
export const dropOfDocument = (id) => remove(ofDocument(id));

/** A file, or text, as a checklist: `{markdown, checks}`. Nothing is kept. */
export async function readChecklist(file, signal) {
  if (file.size > MAX_GUIDELINES_BYTES)
    throw new ApiError({
      code: "too_large",
      message: `“${file.name}” has ${words.bytes(file.size)}; 1\u00a0MB is the most.`,
      hint: "Choose a shorter checklist.",
    });
  const form = new FormData();
  form.append("guidelines", file);
  return (await upload("/guidelines/read", form, { key: newKey(), signal, onProgress: () => {} })).data;
}

export const readText = (text, signal) => readChecklist(new File([text], "checklist.md", { type: "text/markdown" }), signal);

/** The choices of what to review against, with the standing checklist by its true name. */
export function preferences(standing) {
  const name = standing && !standing.own ? "built-in" : "standing";
  return [
    ["both", `My checklist and the ${name} one`],
    ["own_only", "My checklist only"],
    ["default_only", `The ${name} checklist only`],
  ];
}
