/** The mapping: for each field of a contract the column it is read from, why it was guessed, and what stands there. */

import { h, mount, setText } from "../dom.js";
import * as words from "../words.js";

const EXAMPLES = 2;

/**
 * @param {Object} detail an upload with `fields`, `columns`, `mapping`, `guesses`, `preview`
 * @param {function(): void} onChange
 * @returns {{node: HTMLElement, value: function(): Object, missing: function(): string[]}} `missing` are the labels of
 *   the fields of which at least one is needed and none is there
 */
export function mappingTable({ fields, columns, mapping = {}, guesses = {}, preview = [] }, onChange) {
  const chosen = { ...mapping };
  const unused = h("p", { class: "hint", id: "unused-columns" });
  const update = () => {
    const used = new Set(Object.values(chosen));
    const left = columns.filter((name) => name && !used.has(name));
    setText(unused, left.length ? `Not used: ${left.join(", ")}. They are kept with each contract all the same.` : "");
    onChange();
  };
  const rows = fields.map((field) => fieldRow(field, { columns, guesses, preview, chosen, update }));
  const node = h(
    "div",
    null,
    h(
      "table",
      { class: "mapping", role: "table" },
      h("caption", { class: "hidden-visually" }, "The column of the file for each field"),
      h(
        "thead",
        { role: "rowgroup" },
        h(
          "tr",
          { role: "row" },
          ["Field", "Column of the file", "Stands there"].map((label) => h("th", { scope: "col", role: "columnheader" }, label)),
        ),
      ),
      h("tbody", { role: "rowgroup" }, rows),
    ),
    unused,
  );
  setTimeout(update, 0); // once the view that asks is complete
  return {
    node,
    value: () => Object.fromEntries(Object.entries(chosen).filter(([, column]) => column)),
    missing: () => {
      const telling = fields.filter(({ required }) => required);
      return telling.some(({ name }) => chosen[name]) ? [] : telling.map(({ label }) => label);
    },
  };
}

function fieldRow({ name, label, help }, { columns, guesses, preview, chosen, update }) {
  const id = `map-${name}`;
  const why = h("p", { class: "hint mapping-why", id: `${id}-why` });
  const examples = h("td", { role: "cell", class: "mapping-examples" });
  const show = () => {
    const column = chosen[name];
    setText(why, reason(guesses[name], column));
    mount(examples, column ? examplesOf(preview, columns.indexOf(column)) : h("span", { class: "is-missing" }, "–"));
  };
  const select = h(
    "select",
    {
      id,
      "aria-describedby": `${id}-why`,
      onChange: () => {
        chosen[name] = select.value || undefined;
        show();
        update();
      },
    },
    h("option", { value: "" }, "not in this file"),
    columns.filter(Boolean).map((column) => h("option", { value: column }, column)),
  );
  select.value = chosen[name] ?? "";
  show();
  return h(
    "tr",
    { role: "row", "data-mapped": String(Boolean(chosen[name])) },
    h("th", { scope: "row", role: "rowheader" }, h("label", { for: id }, label), help && h("p", { class: "hint" }, help)),
    h("td", { role: "cell" }, select, why),
    examples,
  );
}

function reason(guess, column) {
  if (!column || !guess || guess.column !== column) return "";
  return `${words.confidence(guess.confidence)}: ${guess.why}`;
}

function examplesOf(preview, index) {
  const values = [...new Set(preview.map((row) => row[index]).filter((value) => value !== null && value !== undefined && value !== ""))];
  if (!values.length) return h("span", { class: "is-missing" }, "empty in the first rows");
  return values.slice(0, EXAMPLES).map((value) => h("span", { class: "mapping-example" }, value));
}
