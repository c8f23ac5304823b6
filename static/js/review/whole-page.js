/** The document as a whole, in the place of a section's text: how its review stands, and what of the guidelines it meets. */

import { analyze, isActive, jobOf } from "../analysis.js";
import { h, icon, mount } from "../dom.js";
import { button, skeleton } from "../parts.js";
import { WHOLE, linkTo, linkToActivity, linkToStatistics } from "../route.js";
import { store } from "../store.js";
import { RISKS, count, number } from "../words.js";
import { coverageTable } from "./coverage.js";
import { reviewable } from "./sections.js";

/** @param {HTMLElement} root */
export function wholePage(root) {
  const notes = h("div");
  const failed = h("div");
  const tiles = h("div");
  const coverage = h("div");
  root.append(notes, failed, tiles, coverage);
  let drawn = {};
  store.on(["section", "session", "jobs", "review"], (state) => {
    const { section, session, review } = state;
    if (section?.index !== WHOLE || session?.phase !== "ready") {
      drawn = {};
      return;
    }
    const job = jobOf(state, session.id, WHOLE);
    const rows = session.sections;
    const sectionJobs = (job?.failed ?? []).map(({ section_index: index }) => jobOf(state, session.id, index)?.phase ?? "").join();
    const counts = review?.session === session.id ? review.counts : null;
    const now = { section, counts, failed: job?.failed, sectionJobs, busy: isActive(job), rows };
    if (Object.keys(now).every((key) => drawn[key] === now[key])) return;
    drawn = now;
    mount(notes, section.phase === "ready" && section.warnings.map((warning) => h("p", { class: "panel-note" }, icon("alert"), warning)));
    mount(failed, failedSections(state, session, job?.failed ?? []));
    mount(tiles, section.phase === "ready" && summary(session, counts));
    mount(coverage, section.phase === "loading" ? skeleton(7) : section.phase === "ready" ? covered(section, now.busy) : null);
  });
}

/** The sections that could not be analyzed, each with the reason and a way to try it again. */
function failedSections(state, session, failed) {
  const rows = failed.filter(({ section_index: index }) => {
    const job = jobOf(state, session.id, index);
    return job?.phase === "failed" || isActive(job);
  });
  if (!rows.length) return null;
  return h(
    "section",
    { class: "whole-part", "aria-labelledby": "failed-title" },
    h("h3", { id: "failed-title" }, `${count(rows.length, "section")} could not be analyzed`),
    h(
      "ul",
      { class: "failed-sections" },
      rows.map(({ section_index: index, section_name: name, error }) => {
        const busy = isActive(jobOf(state, session.id, index));
        const row = session.sections.find((candidate) => candidate.index === index);
        return h(
          "li",
          null,
          h("div", null, h("a", { href: linkTo(session.id, index) }, name), h("p", { class: "failed-why" }, sentences(error))),
          button(busy ? "Working" : "Try again", () => analyze(session.id, { index, title: row?.name ?? name }), {
            id: `retry-${index}`,
            look: "small",
            glyph: "again",
            disabled: busy,
            "aria-label": `Try ${name} again`,
          }),
        );
      }),
    ),
  );
}

const sentences = ({ message, hint }) => [message, hint].filter(Boolean).join(" ");

function summary(session, counts) {
  const analyzed = session.sections.filter((row) => row.state === "done").length;
  const tile = (label, value, look = "") => h("div", { class: `tile ${look}`.trim() }, h("dt", null, label), h("dd", null, value));
  const risks = counts?.by_risk ?? {};
  return [
    h(
      "dl",
      { class: "tiles whole-tiles", id: "whole-tiles" },
      tile("Sections analyzed", `${number(analyzed)} of ${number(reviewable(session.sections).length)}`),
      tile("Findings", counts ? number(counts.total) : "–"),
      RISKS.map((risk) => tile(`${risk} risk`, counts ? number(risks[risk] ?? 0) : "–", `is-${risk.toLowerCase()}`)),
      tile("Undecided", counts ? number(counts.pending) : "–"),
    ),
    h(
      "p",
      { class: "whole-links" },
      h("a", { href: linkToActivity(session.id) }, "Activity log"),
      h("a", { href: linkToStatistics(session.id) }, "Statistics of this document"),
    ),
  ];
}

function covered(section, busy) {
  const title = h("h3", { id: "coverage-title" }, "What the guidelines ask for");
  if (!section.coverage.length || section.analyzedAt === null) {
    const words =
      section.analyzedAt !== null
        ? "This document has no guidelines to be checked against."
        : busy
          ? "This is looked at last, when all sections are read."
          : "Analyze the document to see which checks it meets, where, and what is missing.";
    return h("section", { class: "whole-part", "aria-labelledby": "coverage-title" }, title, h("p", { class: "panel-lead" }, words));
  }
  return h("section", { class: "whole-part", "aria-labelledby": "coverage-title" }, title, coverageTable(section.coverage));
}
