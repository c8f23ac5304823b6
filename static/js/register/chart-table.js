/** The figures behind a chart of time. */

import { h } from "../dom.js";
import { amount, plain } from "./figures.js";

const SHOWN = { integer: plain, amount };

/**
 * @param {{title: string, table: {columns: {key: string, label: string, type: string}[], rows: Object[]}}} chart
 * @param {function(Object): string} linkOf the address that a row's filter leads to
 */
export function timeTable({ title, table }, linkOf) {
  const { columns, rows } = table;
  return h(
    "div",
    { class: "figures-frame", tabIndex: 0, role: "region", "aria-label": `${title}: the figures` },
    h(
      "table",
      { class: "figures" },
      h("caption", { class: "hidden-visually" }, title),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map(({ label, type }) => h("th", { scope: "col", class: `is-${type}` }, label)),
        ),
      ),
      h(
        "tbody",
        null,
        rows.map((row) =>
          h(
            "tr",
            null,
            columns.map(({ key, type }, index) => {
              const value = row[key];
              const shown = value === null || value === undefined ? "–" : (SHOWN[type] ?? String)(value);
              if (index) return h("td", { class: `is-${type}` }, shown);
              return h("th", { scope: "row" }, row.filter ? h("a", { href: linkOf(row.filter) }, shown) : shown);
            }),
          ),
        ),
      ),
    ),
  );
}
