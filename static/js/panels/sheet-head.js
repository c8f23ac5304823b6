/** The head of the text: where we are, what can be done, and how the analysis is going. */

import { analyze, cancelAnalysis, dismiss, isActive, jobOf } from "../analysis.js";
import { countdown } from "../clock.js";
import { h, icon, mount, setText } from "../dom.js";
import { button, problem, progressLine } from "../parts.js";
import { openComplete } from "../review/complete.js";
import { reviewable } from "../review/sections.js";
import { analyzeDocument, cancelDocument, dismissDocument } from "../review/whole-run.js";
import { WHOLE, linkTo } from "../route.js";
import { store } from "../store.js";
import { ago, count } from "../words.js";

/** Start or repeat the analysis of what is shown: a section, whose text may still be on the way, or the whole document. */
export function analyzeShown() {
  const { session, section } = store.get();
  if (section?.index === WHOLE) return analyzeDocument();
  const row = session?.sections?.find(({ index }) => index === section?.index);
  if (!row || (section.phase !== "ready" && section.phase !== "loading")) return undefined;
  if (section.phase === "ready" && !section.content.trim()) return undefined;
  return analyze(section.session, section, { force: row.state === "done" || (section.analyzedAt ?? null) !== null });
}

/** Cancel the analysis of what is shown. */
export function cancelShown() {
  const { section } = store.get();
  if (section?.index === WHOLE) cancelDocument();
  else if (section) cancelAnalysis(section.session, section.index);
}

/** @param {HTMLElement} root */
export function sheetHead(root) {
  const position = h("p", { class: "position" });
  const title = h("h2", { id: "section-title", tabindex: "-1" });
  const facts = h("p", { class: "sheet-facts" });
  const steps = h("div", { class: "steps" });
  const actions = h("div", { class: "actions" });
  const job = h("div", { class: "job" });
  root.append(h("div", { class: "position-row" }, position, steps), title, facts, h("div", { class: "work" }, actions, job));

  let line = null; // the progress line on show, changed in place while the phase stays
  store.on(["session", "section", "jobs"], (state) => {
    const { session, section } = state;
    root.hidden = !section || section.phase === "missing";
    if (root.hidden || session?.phase !== "ready") return;
    const current = jobOf(state, section.session, section.index);
    const whole = section.index === WHOLE;
    setText(position, whole ? `Whole document, ${count(session.sections.length, "section")}` : `Section ${section.index + 1} of ${session.sections.length}`);
    setText(title, whole ? session.name : (section.title ?? ""));
    mount(facts, factsOf(section));
    mount(
      steps,
      neighbour(session, section.index - 1, "Previous section", "back"),
      neighbour(session, section.index + 1, "Next section", "next"),
    );
    mount(actions, ...actionsOf(section, current));
    const busy = current?.phase === "running" || current?.phase === "cancelling";
    if (busy && line?.job === section.index && job.contains(line.node)) line.update(lineOf(current));
    else {
      line = busy ? { job: section.index, ...progressLine("Analysis") } : null;
      line?.update(lineOf(current));
      mount(job, line?.node, !busy && current && note(section, current));
    }
  });
}

const lineOf = (job) => (job.phase === "cancelling" ? { ...job, status: "Cancelling", waiting: false, startsAt: null } : job);

function factsOf(section) {
  if (section.phase !== "ready") return [];
  const done =
    section.analyzedAt !== null
      ? `analyzed ${ago(section.analyzedAt)}${section.reviewer ? ` by ${section.reviewer}` : ""}`
      : "not analyzed yet";
  if (section.index === WHOLE) return [done[0].toUpperCase(), done.slice(1)];
  const words = section.content.split(/\s+/).filter(Boolean).length;
  return [count(words, "word"), " · ", done];
}

function neighbour(session, index, label, glyph) {
  const exists = index === WHOLE || session.sections.some((section) => section.index === index);
  const properties = { class: "icon-button", "aria-label": label, title: label, id: `step-${glyph}` };
  return exists
    ? h("a", { ...properties, href: linkTo(session.id, index) }, icon(glyph))
    : h("span", { class: "icon-button is-off", "aria-hidden": "true" }, icon(glyph));
}

function actionsOf(section, job) {
  if (isActive(job)) return [button("Cancel", cancelShown, { id: "cancel", disabled: job.phase === "cancelling" })];
  const whole = section.index === WHOLE;
  if (section.phase !== "ready" || (!whole && !section.content.trim()) || job?.phase === "failed") return [];
  if (whole) return wholeActions(section, store.get().session.sections);
  const again = section.analyzedAt !== null;
  return [button(again ? "Analyze again" : "Analyze", analyzeShown, { id: "analyze", look: again ? "" : "primary" })];
}

function wholeActions(section, rows) {
  const again = section.analyzedAt !== null && reviewable(rows).every(({ state }) => state === "done"); // else what is missing is analyzed, no more
  return [
    button(again ? "Analyze the document again" : "Analyze the document", () => analyzeDocument({ force: again }), {
      id: "analyze",
      look: again ? "" : "primary",
    }),
    button("Complete the review", openComplete, { id: "complete-here", glyph: "report", look: again ? "primary" : "" }),
  ];
}

function note(section, job) {
  const whole = section.index === WHOLE;
  const close = button("Dismiss", () => (whole ? dismissDocument() : dismiss(section.session, section.index)), { look: "quiet" });
  if (job.phase === "limited") {
    return h(
      "div",
      { class: "job-note" },
      h("p", null, job.error.message, " Starts by itself in ", countdown(job.retryAt, "a moment"), "."),
      job.error.hint && h("p", { class: "problem-hint" }, job.error.hint),
    );
  }
  if (job.phase === "cancelled") return h("div", { class: "job-note job-row" }, h("p", null, whole ? "Cancelled. What was analyzed is kept." : "Cancelled. Nothing was changed."), close);
  if (job.phase === "failed")
    return problem(job.error, {
      title: "The analysis failed",
      actions: [button("Try again", analyzeShown, { id: "try-again", look: "primary" }), close],
    });
  return null;
}
