/** The document as a whole, above the list of its sections: how its review stands, and what can be done with it. */

import { isActive, jobOf } from "../analysis.js";
import { countdown } from "../clock.js";
import { h, mount, setText } from "../dom.js";
import { button, problem, progressLine } from "../parts.js";
import { WHOLE, linkTo } from "../route.js";
import { store } from "../store.js";
import { count, number } from "../words.js";
import { openComplete } from "./complete.js";
import { analyzeDocument, cancelDocument, dismissDocument } from "./whole-run.js";

/** @returns {HTMLElement} */
export function wholeEntry() {
  const stop = h("span", { class: "stop is-whole", "aria-hidden": "true" });
  const state = h("span", { class: "spine-state" });
  const words = h("span", { class: "spine-words" }, h("span", { class: "spine-whole" }, "Whole document"), state);
  const link = h("a", { class: "spine-link", id: "section-document" }, stop, words);
  const decided = h("p", { class: "spine-decided" });
  const work = h("div", { class: "spine-work" });
  let line = null;
  let drawn = [];
  store.on(["session", "route", "jobs", "review"], (all) => {
    const { session, route, review } = all;
    if (session?.phase !== "ready") return;
    const job = jobOf(all, session.id, WHOLE);
    const busy = job?.phase === "running" || job?.phase === "cancelling";
    link.href = linkTo(session.id, WHOLE);
    if (route.section === WHOLE) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.dataset.state = busy ? "running" : (session.document?.state ?? "new");
    setText(state, stateWords(session, job, busy));
    setText(decided, decidedWords(review?.session === session.id ? review.counts : null));
    const now = [session.id, job?.phase, job?.error, job?.retryAt, done(session)];
    const same = now.every((part, place) => part === drawn[place]);
    if (busy && line && same) line.update(lineOf(job));
    if (same) return;
    drawn = now;
    line = busy ? progressLine("Analysis of the document") : null;
    line?.update(lineOf(job));
    mount(work, busy ? runningParts(line, job) : restingParts(session, job));
  });
  return h("div", { class: "spine-top" }, decided, work, link);
}

const done = (session) => session.document?.state === "done";
const lineOf = (job) => (job.phase === "cancelling" ? { status: "Cancelling", progress: null } : job);

function stateWords(session, job, busy) {
  if (busy) return "being analyzed";
  if (job?.phase === "failed") return "failed";
  if (job?.phase === "limited") return "waiting";
  if (job?.phase === "partly") return `${count(job.failed.length, "section")} failed`;
  if (!done(session)) return "not analyzed";
  const findings = session.document.findings ?? 0;
  return findings ? count(findings, "finding") : "no findings of its own";
}

function decidedWords(counts) {
  if (!counts?.total) return "";
  const { pending, total, own = 0 } = counts;
  if (!pending) return `All ${number(total)} decided`;
  return `${number(total - pending)} of ${number(total)} decided${own ? `, ${number(own)} of your own` : ""}`;
}

function runningParts(line, job) {
  return [
    line.node,
    button("Cancel", cancelDocument, { id: "cancel-document", look: "small", disabled: job.phase === "cancelling", "aria-label": "Cancel the analysis of the document" }),
  ];
}

function restingParts(session, job) {
  const complete = button("Complete the review", openComplete, { id: "complete-review", look: "small", glyph: "report" });
  if (isActive(job))
    return [
      h("p", { class: "spine-why" }, job.error.message, " Starts by itself in ", countdown(job.retryAt, "a moment"), "."),
      button("Cancel", cancelDocument, { id: "cancel-document", look: "small" }),
    ];
  if (job?.phase === "failed")
    return [
      problem(job.error, {
        title: "The document was not analyzed",
        look: "small",
        actions: [
          button("Try again", () => analyzeDocument(), { id: "analyze-document", look: "small primary" }),
          button("Dismiss", dismissDocument, { look: "small quiet" }),
        ],
      }),
      complete,
    ];
  const again = done(session);
  return h(
    "div",
    { class: "actions" },
    !again && button("Analyze the document", () => analyzeDocument(), { id: "analyze-document", look: "small primary" }),
    complete,
  );
}
