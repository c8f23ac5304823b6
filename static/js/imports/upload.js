/** One import: what was recognised, its progress or its result, and the pages below it. */

import { confirm } from "../dialogs.js";
import { h, icon, mount } from "../dom.js";
import { button, problem, skeleton } from "../parts.js";
import { IMPORTS, go, linkToImport } from "../route.js";
import * as words from "../words.js";
import { conflictsView } from "./conflicts.js";
import { createdView, rejectsView } from "./lists.js";
import { deleteUpload, loadUpload } from "./load.js";
import { progressView } from "./progress.js";
import { resultView } from "./result.js";
import { reviewView } from "./review.js";
import { imports } from "./state.js";
import { whileConnected } from "./watch.js";
import { FORMATS, KINDS, LOOKS, STATES } from "./words.js";

/** @param {{id: string, part: string|null}} route */
export function uploadView({ id, part }) {
  const head = h("div", { class: "import-head" });
  const body = h("div", { class: "import-body" });
  const back = part ? linkToImport(id) : IMPORTS;
  const node = h(
    "div",
    { class: "import-page" },
    h("p", null, h("a", { class: "back", id: "back-to-imports", href: back }, icon("back"), part ? "Back to the import" : "All imports")),
    head,
    body,
  );
  let shown = "";
  whileConnected(node, imports, ["upload", "run"], ({ upload, run }) => {
    if (upload?.id !== id) return;
    const running = run?.id === id && !run.over ? run.kind : "";
    const now = JSON.stringify([
      upload.phase,
      upload.detail?.state,
      upload.detail?.open_conflicts,
      upload.detail?.options?.sheet,
      running,
      run?.over && run.error?.message,
    ]);
    if (now === shown) return;
    shown = now;
    if (upload.phase === "ready") {
      mount(head, headOf(upload.detail, running));
      mount(body, bodyOf(upload.detail, part, running, run));
    } else mount(body, insteadOf(upload));
  });
  return node;
}

function insteadOf({ phase, id, error }) {
  if (phase === "loading") return [h("p", { class: "hidden-visually", role: "status" }, "Loading the import"), skeleton(6)];
  if (phase === "missing")
    return [
      h("h1", null, "This import isn't here"),
      h("p", { class: "lead" }, "It may have been deleted, or the link is not complete."),
      h("p", null, h("a", { class: "button primary", href: IMPORTS }, "All imports")),
    ];
  return problem(error, {
    title: "The import could not be loaded",
    actions: [button("Try again", () => loadUpload(id), { look: "primary" })],
  });
}

function headOf(detail, running) {
  const { file_name: name, state, created_at: at, size, format } = detail;
  const now = running === "undo" ? "Being undone" : running === "import" ? STATES.importing : STATES[state];
  const look = running ? "running" : (LOOKS[state] ?? "waiting");
  const facts = [FORMATS[format] ?? format, words.bytes(size), `uploaded ${words.ago(at)}`].join(" · ");
  return h(
    "header",
    { class: "task import-title", "data-look": look },
    h("h1", null, name),
    h("p", { class: "task-state", id: "import-state" }, now),
    h("p", { class: "task-facts" }, facts),
  );
}

function bodyOf(detail, part, running, run) {
  const { upload_id: id, state } = detail;
  if (part === "conflicts") return conflictsView(detail);
  if (part === "rejects") return rejectsView(detail);
  if (KINDS[part]) return createdView(detail, part);
  if (running || state === "looking") return progressView(running || "look");
  const trouble =
    run?.over &&
    h(
      "div",
      { role: "alert" },
      problem(run.error, { title: run.kind === "undo" ? "The import was not undone" : "The import was not started" }),
    );
  if (state === "imported") return [trouble, resultView(detail)];
  if (state === "unreadable") {
    const forget = button("Forget it", () => forgetUpload(detail), { id: "delete-upload" });
    return problem(detail.error ?? { message: "The file could not be read." }, { title: "This file can't be imported", actions: [forget] });
  }
  const remove = button("Delete this file", () => askDelete(detail), { id: "delete-upload", look: "quiet", glyph: "trash" });
  const review = state === "undone" ? null : reviewView(detail);
  return [trouble, beforeReview(detail), review, h("p", { class: "import-delete" }, remove)].map(
    (node) => node && h("div", { "data-upload": id }, node),
  );
}

function beforeReview({ state, error }) {
  if (state === "failed") return problem(error ?? { message: "The import failed." }, { title: "Nothing was imported" });
  if (state === "cancelled")
    return h("p", { class: "import-note" }, "The import was cancelled; the register is as it was before. It can be started again.");
  if (state === "undone")
    return h(
      "p",
      { class: "import-note" },
      "This import was undone; none of its contracts are in the register. To import the file again, ",
      h("a", { href: IMPORTS }, "upload it again"),
      ".",
    );
  return null;
}

async function askDelete(detail) {
  const text = `“${detail.file_name}” is deleted from the server. The register doesn't change.`;
  if (await confirm({ title: "Delete this file?", text })) await forgetUpload(detail);
}

async function forgetUpload({ upload_id: id }) {
  try {
    await deleteUpload(id);
    go(IMPORTS);
  } catch (error) {
    document.getElementById("delete-upload")?.after(problem(error, { title: "It was not deleted" }));
  }
}
