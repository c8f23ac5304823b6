/** Small parts that several panels share: error boxes, progress, buttons with an icon. */

import { countdown } from "./clock.js";
import { h, icon, setText } from "./dom.js";

/** A button; `look` is "primary", "quiet", "danger" or nothing. */
export function button(label, onClick, { look = "", id = null, glyph = null, ...rest } = {}) {
  return h(
    "button",
    { type: "button", class: `button ${look}`.trim(), id, onClick, ...rest },
    glyph && icon(glyph),
    h("span", null, label),
  );
}

/** What went wrong, what to do about it, and the ways out. */
export function problem(error, { title = null, actions = [], look = "" } = {}) {
  const fields = Object.entries(error.fields ?? {});
  return h(
    "div",
    { class: `problem ${look}`.trim() },
    icon("alert"),
    h(
      "div",
      { class: "problem-body" },
      title && h("p", { class: "problem-title" }, title),
      h("p", null, error.message),
      error.hint && h("p", { class: "problem-hint" }, error.hint),
      fields.length > 0 &&
        h(
          "ul",
          null,
          fields.map(([name, reason]) => h("li", null, `${name}: ${reason}`)),
        ),
      actions.length > 0 && h("div", { class: "actions" }, actions),
    ),
  );
}

/**
 * A line that says how work is going: words, a bar, a countdown while it waits. `update` changes it in place.
 *
 * @param {string} label what the bar measures, for screen readers
 */
export function progressLine(label) {
  const words = h("span", { class: "progress-words" });
  const share = h("span", { class: "progress-share" });
  const bar = h("progress", { max: 100, "aria-label": label });
  let until = null;
  return {
    node: h("div", { class: "progress-line" }, h("p", { class: "progress-text" }, words, share), bar),
    update({ status, waiting, progress, startsAt }) {
      if (waiting && startsAt) {
        if (until === null || Math.abs(startsAt - until) > 1500) {
          until = startsAt;
          words.replaceChildren(`${status || "Waiting for a free slot"} `);
          share.replaceChildren("starts in about ", countdown(startsAt));
        }
      } else {
        until = null;
        setText(words, status || (waiting ? "Waiting for a free slot" : "Working"));
        setText(share, progress === null || progress === undefined ? "" : `${Math.round(progress)}\u00a0%`);
      }
      if (progress === null || progress === undefined) bar.removeAttribute("value");
      else bar.value = progress;
    },
  };
}

/** Grey lines where text will be. */
export const skeleton = (lines) =>
  h(
    "div",
    { class: "skeleton", "aria-hidden": "true" },
    Array.from({ length: lines }, () => h("span")),
  );
