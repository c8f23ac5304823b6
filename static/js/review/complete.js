/** Completing the review: what goes into the file, in which format, and the file itself. */

import { describe } from "../analysis.js";
import { announce } from "../announce.js";
import { Cancelled, newKey } from "../api.js";
import { h, icon, mount } from "../dom.js";
import { button, problem, progressLine, skeleton } from "../parts.js";
import { store } from "../store.js";
import { cancelTask, work } from "../tasks.js";
import { count, number } from "../words.js";
import { loadFindings } from "./findings.js";

let dialog = null;
let run = null; // {key, stop, id} of the file that is being made

/** @param {HTMLDialogElement} node */
export function startComplete(node) {
  dialog = node;
  node.addEventListener("close", () => {
    run?.stop.abort();
    run = null;
    mount(node);
  });
}

/** Open the dialog. */
export function openComplete() {
  const { session, review } = store.get();
  if (session?.phase !== "ready" || dialog.open) return;
  draw(session);
  dialog.showModal();
  if (review?.phase !== "ready") loadFindings(session.id);
}

function draw(session) {
  const word = session.kind === "docx";
  const sums = h("div", { class: "complete-sums", "aria-live": "polite" });
  const undecided = h("input", { type: "checkbox", id: "include-pending" });
  const undecidedWords = h("span");
  const choices = [
    ["docx", word ? "Word: your document with a comment at each finding" : "Word: a report of the findings"],
    ["md", "Markdown: a report of the findings"],
  ].map(([value, label], place) =>
    h("label", { class: "check" }, h("input", { type: "radio", name: "format", value, checked: place === 0 }), h("span", null, label)),
  );
  const outcome = h("div", { class: "complete-outcome", "aria-live": "polite" });
  const make = button("Make the file", () => complete(session, dialog, outcome, make), { id: "make-file", look: "primary", glyph: "report" });
  mount(
    dialog,
    h("h2", { id: "complete-title" }, "Complete the review"),
    sums,
    h("label", { class: "check", id: "pending-choice" }, undecided, undecidedWords),
    h("fieldset", { class: "complete-format" }, h("legend", null, "Format"), choices),
    outcome,
    h("div", { class: "dialog-actions" }, button("Close", () => dialog.close(), { id: "close-complete" }), make),
    h(
      "div",
      { class: "complete-data" },
      h("h3", null, "As data"),
      h("p", { class: "hint" }, "Accepted, undecided and own findings; rejected ones are never in a file."),
      h(
        "p",
        { class: "complete-links" },
        [
          ["json", "JSON"],
          ["csv", "CSV"],
          ["md", "Markdown"],
        ].map(([format, label]) => dataLink(session.id, format, label)),
      ),
    ),
  );
  const stop = store.on(["review"], ({ review }) => {
    const counts = review?.session === session.id ? review.counts : null;
    const failed = review?.phase === "failed" ? review.error : null;
    mount(sums, counts ? sumsOf(counts) : failed ? problem(failed, { title: "The findings could not be counted" }) : skeleton(2));
    undecidedWords.textContent = counts ? `Include ${count(counts.pending, "undecided finding")} too` : "Include undecided findings too";
    undecided.disabled = counts?.pending === 0;
  });
  dialog.addEventListener("close", stop, { once: true });
}

function dataLink(id, format, label) {
  const href = `/export_review?session_id=${encodeURIComponent(id)}&format=${format}`;
  return h("a", { class: "button small", href, download: "", id: `export-${format}` }, icon("download"), h("span", null, label));
}

/** What goes in and what stays out, in numbers. */
function sumsOf({ accepted, own = 0, pending, rejected }) {
  const row = (term, amount, words, look = "") =>
    h("div", { class: look }, h("dt", null, term), h("dd", null, h("strong", null, number(amount)), " ", words));
  return h(
    "dl",
    { class: "complete-list" },
    row("Accepted", Math.max(0, accepted - own), "go in"),
    row("Your own", own, "go in"),
    row("Undecided", pending, "left out unless you include them", "is-out"),
    row("Rejected", rejected, "never go in", "is-out"),
  );
}

async function complete(session, form, outcome, make) {
  const format = form.querySelector("input[name=format]:checked").value;
  const body = { session_id: session.id, format, include_pending: form.querySelector("#include-pending").checked };
  const line = progressLine("Making the file");
  const mine = { key: newKey(), stop: new AbortController() };
  mine.id = mine.key;
  run = mine;
  make.disabled = true;
  line.update({ status: "Making the file", progress: null });
  mount(outcome, line.node, button("Cancel", () => cancel(mine), { id: "cancel-file", look: "small" }));
  try {
    const result = await work("/complete_review", body, {
      key: mine.key,
      signal: mine.stop.signal,
      onTask: (id) => (mine.id = id),
      onStatus: (status) => line.update(describe(status)),
    });
    if (run !== mine) return;
    mount(outcome, finished(result));
    announce(`The file is ready: ${result.output_file}.`);
    document.getElementById("download-review")?.focus();
  } catch (error) {
    if (run !== mine) return;
    if (error instanceof Cancelled) mount(outcome, h("p", { class: "job-note" }, "Cancelled. No file was made."));
    else mount(outcome, problem(error, { title: "The file could not be made" }));
    if (!(error instanceof Cancelled)) announce(`The file could not be made. ${error.message}`);
  } finally {
    if (run === mine) run = null;
    make.disabled = false;
  }
}

async function cancel(mine) {
  try {
    await cancelTask(mine.id);
  } catch {
    // it was too quick to be cancelled, or is not known yet: its file is not offered either way
  }
  mine.stop.abort();
}

function finished({ output_file: name, comments_count: comments = 0, left_out: left = 0, download_url: url, format }) {
  const what = format === "docx" ? count(comments, "comment") : count(comments, "finding");
  return h(
    "div",
    { class: "complete-file" },
    icon("check"),
    h(
      "div",
      null,
      h("p", { class: "complete-name" }, name),
      h("p", { class: "hint" }, [what, left ? `${count(left, "undecided finding")} left out` : null].filter(Boolean).join(" · ")),
    ),
    h("a", { class: "button primary", href: url, download: name, id: "download-review" }, icon("download"), h("span", null, "Download")),
  );
}
