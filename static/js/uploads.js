/** Sends documents. What the server would refuse at once is told before a byte is sent. */

import { announce } from "./announce.js";
import { ApiError, Cancelled, newKey, upload } from "./api.js";
import { go, linkTo } from "./route.js";
import { store } from "./store.js";
import * as words from "./words.js";

export const MAX_BYTES = 25 * 1024 * 1024;
export const MAX_GUIDELINES_BYTES = 1024 * 1024;
const KNOWN = ["docx", "pdf", "txt", "md"];
let sending = null; // AbortController of the upload under way

/** What is wrong with a file, as an error with a hint, or null. */
export function fault(file) {
  const ending = file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "";
  const refuse = (code, message, hint) => new ApiError({ code, message, hint });
  if (ending === "doc") return refuse("unsupported_type", "Old Word files (.doc) can't be read.", "Open it in Word and save it as .docx.");
  if (!KNOWN.includes(ending))
    return refuse(
      "unsupported_type",
      `“${file.name}” is of a type that can't be read.`,
      "Choose a Word (.docx), PDF, text or Markdown file.",
    );
  if (file.size > MAX_BYTES)
    return refuse(
      "too_large",
      `“${file.name}” has ${words.bytes(file.size)}; 25\u00a0MB is the most.`,
      "Leave out pictures, or split the document.",
    );
  if (!file.size) return refuse("invalid", `“${file.name}” is empty.`, "Choose the file again; it may not have been saved completely.");
  return null;
}

function guidelinesFault(file) {
  if (!file || file.size <= MAX_GUIDELINES_BYTES) return null;
  return new ApiError({
    code: "too_large",
    message: `The checklist “${file.name}” has ${words.bytes(file.size)}; 1\u00a0MB is the most.`,
    hint: "Choose a shorter one.",
  });
}

/** Whether sending the same file again may go better: not when the file itself was refused. */
const mayPass = ({ status }) => status === 0 || status === 401 || status === 409 || status === 429 || status >= 500;

/**
 * Send a document and go to it.
 *
 * @param {File} file
 * @param {{guidelines?: File, preference?: "both"|"own_only"|"default_only"}} options a checklist of one's own
 */
export async function sendDocument(file, { guidelines, preference } = {}) {
  if (sending) return;
  const name = file.name;
  const error = fault(file) ?? guidelinesFault(guidelines);
  if (error) {
    store.set({ upload: { phase: "failed", name, error } });
    announce(`${error.message} ${error.hint}`);
    return;
  }
  const form = new FormData();
  form.append("document", file);
  if (guidelines) {
    form.append("guidelines", guidelines);
    form.append("guidelines_preference", preference ?? "both");
  }
  sending = new AbortController();
  store.set({ upload: { phase: "sending", name, loaded: 0, total: file.size } });
  announce(`Uploading ${name}.`);
  try {
    const { data } = await upload("/upload", form, {
      key: newKey(),
      signal: sending.signal,
      onProgress: (loaded, total) => {
        // the form's wrapping counts too, so the last event, not the file's size, says that all is sent
        const done = total > 0 && loaded >= total;
        store.set({ upload: { phase: done ? "reading" : "sending", name, loaded, total: total || file.size } });
      },
    });
    store.set({ upload: null });
    announce(`${name} is uploaded.`);
    go(linkTo(data.session_id));
  } catch (problem) {
    if (problem instanceof Cancelled) store.set({ upload: null });
    else {
      store.set({
        upload: {
          phase: "failed",
          name,
          error: problem,
          again: mayPass(problem) ? () => sendDocument(file, { guidelines, preference }) : null,
        },
      });
      announce(`The upload failed. ${problem.message}`);
    }
  } finally {
    sending = null;
  }
}

export const cancelUpload = () => sending?.abort();
export const dismissUpload = () => store.set({ upload: null });
