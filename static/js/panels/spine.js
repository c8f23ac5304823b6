/** The list of sections: stops on a line, each with its state. */

import { isActive, jobOf } from "../analysis.js";
import { documentEntry } from "../checklist/entry.js";
import { h, mount, showWithin } from "../dom.js";
import { isEmpty, reviewable } from "../review/sections.js";
import { wholeEntry } from "../review/whole-entry.js";
import { WHOLE, linkTo } from "../route.js";
import { store } from "../store.js";
import { KINDS, count, sectionState } from "../words.js";

/** @param {HTMLElement} root */
export function spinePanel(root) {
  const head = h("div", { class: "spine-head" });
  const list = h("ol", { class: "spine-list", id: "spine-list" });
  root.append(head, wholeEntry(), list);
  root.addEventListener("keydown", (event) => moveFocus(event, root));

  let drawn = null; // the sections the rows were made for
  let rows = [];
  store.on(["session", "route", "jobs", "section"], (state) => {
    const { session, route } = state;
    if (session?.phase !== "ready") {
      drawn = null;
      return;
    }
    if (!drawn || drawn.id !== session.id || drawn.count !== session.sections.length) {
      rows = session.sections.map((section) => sectionRow(session.id, section));
      mount(
        list,
        rows.map((row) => row.node),
      );
      drawn = { id: session.id, count: session.sections.length };
    }
    mount(head, ...heading(session));
    const run = isActive(jobOf(state, session.id, WHOLE));
    session.sections.forEach((section, position) =>
      rows[position].update(section, jobOf(state, session.id, section.index), route.section === section.index, run),
    );
  });
}

function heading(session) {
  const done = session.sections.filter((section) => section.state === "done").length;
  const findings = session.sections.reduce((sum, section) => sum + (section.findings || 0), 0);
  const facts = [
    KINDS[session.kind],
    count(session.sections.length, "section"),
    done ? (done === reviewable(session.sections).length ? "all analyzed" : `${done} analyzed`) : null,
    findings ? count(findings, "finding") : null,
  ];
  return [
    h("p", { class: "spine-name" }, session.name),
    h("p", { class: "spine-facts" }, facts.filter(Boolean).join(" · ")),
    documentEntry(session),
    session.warnings.length > 0 &&
      h(
        "details",
        { class: "warnings" },
        h("summary", null, count(session.warnings.length, "note on reading this file", "notes on reading this file")),
        h(
          "ul",
          null,
          session.warnings.map((warning) => h("li", null, warning)),
        ),
      ),
  ];
}

/** State of a section as the page knows it: work under way here says more than what the server said last. `run`: the whole
 * document is being analyzed, so that what the server says of a section is new. */
export function stateOf(section, job, run = false) {
  if (job?.phase === "running" || job?.phase === "cancelling") return job.waiting ? "waiting" : "running";
  if (job?.phase === "limited") return "waiting";
  if (job?.phase === "failed") return "failed";
  if (isEmpty(section)) return "empty";
  if (run) return section.state;
  if (section.state === "running" || section.state === "waiting") return section.findings ? "done" : "new"; // nobody works on it any more
  return section.state;
}

function sectionRow(session, { index, name, level }) {
  const stop = h("span", { class: "stop", "aria-hidden": "true" });
  const state = h("span", { class: "spine-state" });
  const link = h(
    "a",
    { href: linkTo(session, index), id: `section-${index}`, class: "spine-link" },
    stop,
    h("span", { class: "spine-words" }, h("span", { class: "spine-title" }, name), state),
  );
  return {
    node: h("li", { "data-level": Math.min(Math.max(level, 1), 4) }, link),
    update(section, job, current, run) {
      const now = stateOf(section, job, run);
      link.dataset.state = now;
      const words = sectionState(now, section.findings);
      if (state.textContent !== words) state.textContent = words;
      const mark = now === "done" && section.findings ? String(section.findings) : "";
      if (stop.textContent !== mark) stop.textContent = mark;
      if (current !== (link.getAttribute("aria-current") === "page")) {
        if (current) {
          link.setAttribute("aria-current", "page");
          if (link.isConnected) showWithin(link.closest("nav"), link);
        } else link.removeAttribute("aria-current");
      }
    },
  };
}

function moveFocus(event, root) {
  const links = [...root.querySelectorAll("a.spine-link")];
  const here = links.indexOf(document.activeElement);
  if (here < 0) return;
  const target = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[event.key];
  if (target === undefined) return;
  event.preventDefault();
  links[Math.min(Math.max(target, 0), links.length - 1)].focus();
}
