/** The checks that a checklist yields, as they are while it is being written. */

import { h, mount, setText } from "../dom.js";
import { problem, skeleton } from "../parts.js";
import { count } from "../words.js";

const item = ({ id, title, text }) =>
  h(
    "li",
    { class: "check-row" },
    h("span", { class: "check-id" }, id),
    h("div", null, h("p", { class: "check-title" }, title), text !== title && h("p", { class: "check-text" }, text)),
  );

const capital = (words) => words[0].toUpperCase() + words.slice(1);

/**
 * A headed list. `update` gets `{phase, checks, error}` of an editor; `title` makes the heading out of "12 checks".
 *
 * @param {string} id of the heading
 */
export function checksPane(id) {
  const heading = h("h3", { id, "aria-live": "polite" });
  const body = h("div", { class: "checks-body", role: "region", "aria-labelledby": id, tabindex: "0" });
  let drawn = null;
  return {
    node: h("section", { class: "checks-pane" }, heading, body),
    update({ phase, checks = [], error }, title = capital) {
      body.setAttribute("aria-busy", String(phase === "reading"));
      if (phase === "reading" && drawn) return; // what stands there is about to be replaced
      setText(heading, phase === "ready" ? title(count(checks.length, "check")) : phase === "reading" ? "Reading" : title("no checks yet"));
      drawn = checks;
      if (phase === "ready") mount(body, h("ol", { class: "check-rows" }, checks.map(item)));
      else if (phase === "reading") mount(body, skeleton(4));
      else if (phase === "wrong") mount(body, problem(error, { title: "This can't be used as a checklist" }));
      else mount(body, h("p", { class: "hint" }, "Write each check as a heading with a text below it, or as an item of a list."));
    },
  };
}
