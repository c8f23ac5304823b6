/** Sends a file of any size to the imports and opens what was recognised in it. */

import { announce } from "../announce.js";
import { ApiError, Cancelled, newKey, upload } from "../api.js";
import { go, linkToImport } from "../route.js";
import { imports } from "./state.js";

let sending = null; // AbortController of the file on its way

/** @param {File} file */
export async function sendFile(file) {
  if (sending) return;
  const { name } = file;
  if (!file.size) {
    const error = new ApiError({
      code: "invalid",
      message: `“${name}” is empty.`,
      hint: "Choose the file again; it may not have been saved completely.",
    });
    imports.set({ sending: { phase: "failed", name, error } });
    announce(error.message);
    return;
  }
  const form = new FormData();
  form.append("file", file);
  sending = new AbortController();
  const started = Date.now();
  imports.set({ sending: { phase: "sending", name, loaded: 0, total: file.size, started } });
  announce(`Uploading ${name}.`);
  try {
    const { status, data } = await upload("/data-ingestion/upload/", form, {
      key: newKey(),
      signal: sending.signal,
      onProgress: (loaded, total) => {
        const done = total > 0 && loaded >= total;
        imports.set({ sending: { phase: done ? "reading" : "sending", name, loaded, total: total || file.size, started } });
      },
    });
    if (status === 202) imports.set({ sending: null });
    else imports.set({ sending: null, upload: { phase: "ready", id: String(data.upload_id), detail: data } });
    announce(status === 202 ? `${name} is uploaded and being looked at.` : `${name} is uploaded. Look at what was recognised.`);
    go(linkToImport(data.upload_id));
  } catch (error) {
    if (error instanceof Cancelled) imports.set({ sending: null });
    else {
      const again = error.status === 0 || error.status >= 500 || error.status === 429 ? () => sendFile(file) : null;
      imports.set({ sending: { phase: "failed", name, error, again } });
      announce(`The upload failed. ${error.message}`);
    }
  } finally {
    sending = null;
  }
}

export const cancelSending = () => sending?.abort();
export const dismissSending = () => imports.set({ sending: null });
