/** Bars beside their words and numbers: what they show stands in the text, so they need no other table. */

import { h } from "../dom.js";
import { number } from "../words.js";

/**
 * @param {string} label what the rows are, for screen readers
 * @param {{name: string, value: number, look?: string}[]} rows
 * @param {function(number): string} [write] the number in words
 */
export function bars(label, rows, write = number) {
  const most = Math.max(1, ...rows.map((row) => row.value));
  return h(
    "table",
    { class: "bars" },
    h("caption", { class: "hidden-visually" }, label),
    h(
      "tbody",
      null,
      rows.map(({ name, value, look = "" }) => {
        const bar = h("span", { class: `bar ${look}`.trim() });
        bar.style.inlineSize = `${(100 * value) / most}%`;
        return h(
          "tr",
          null,
          h("th", { scope: "row" }, name),
          h("td", { class: "bar-number" }, write(value)),
          h("td", { class: "bar-place", "aria-hidden": "true" }, bar),
        );
      }),
    ),
  );
}
