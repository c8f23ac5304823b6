/** Time and value by fields instead of by typing. */

import { announce } from "../announce.js";
import { h } from "../dom.js";
import { menu } from "../menu.js";
import { go } from "../route.js";
import { withChip } from "./kinds.js";
import { linkToQuery } from "./query.js";
import { register } from "./state.js";

/** @returns {HTMLElement[]} */
export const moreFilters = () => [timeMenu(), valueMenu()];

function add(chip, what) {
  go(linkToQuery(withChip(register.get().query, chip)));
  announce(`${what} added.`);
}

const field = (id, label, properties) => h("p", { class: "field" }, h("label", { for: id }, label), h("input", { id, ...properties }));

function formOf(body, label, id, onSubmit) {
  return h(
    "form",
    {
      class: "menu-form",
      onSubmit: (event) => {
        event.preventDefault();
        onSubmit(event.currentTarget);
      },
    },
    body,
    h("button", { type: "submit", class: "button small", id }, label),
  );
}

function timeMenu() {
  const year = formOf(
    [
      field("filter-year", "Year", { type: "number", min: "1900", max: "2100", required: true, placeholder: "2024" }),
      h(
        "p",
        { class: "field" },
        h("label", { for: "filter-quarter" }, "Quarter"),
        h(
          "select",
          { id: "filter-quarter" },
          h("option", { value: "" }, "Whole year"),
          [1, 2, 3, 4].map((quarter) => h("option", { value: String(quarter) }, `Quarter ${quarter}`)),
        ),
      ),
    ],
    "Add year",
    "add-year",
    (form) => {
      const [at, quarter] = [form.elements["filter-year"].value, form.elements["filter-quarter"].value];
      add({ kind: "time", text: quarter ? `${at}-Q${quarter}` : at }, at);
      close(true);
    },
  );
  const range = formOf(
    [field("filter-from", "From", { type: "date", required: true }), field("filter-to", "To", { type: "date", required: true })],
    "Add range",
    "add-range",
    (form) => {
      const days = [form.elements["filter-from"].value, form.elements["filter-to"].value].sort();
      add({ kind: "time", text: days.join("..") }, "Range");
      close(true);
    },
  );
  const { node, close } = menu("Time", [year, range], { id: "open-time", look: "small" });
  return node;
}

function valueMenu() {
  const amounts = { type: "number", step: "0.01", inputmode: "decimal" };
  const form = formOf(
    [field("filter-min", "At least", amounts), field("filter-max", "At most", amounts)],
    "Apply",
    "apply-value",
    ({ elements }) => {
      const numbers = [elements["filter-min"].value, elements["filter-max"].value];
      const [min, max] = numbers.map((text) => (text === "" ? undefined : Number(text)));
      const value = min === undefined && max === undefined ? null : {};
      if (min !== undefined) value.min = min;
      if (max !== undefined) value.max = max;
      add({ kind: "value", text: "", value }, "Value");
      close(true);
    },
  );
  const { node, close } = menu("Value", [form], {
    id: "open-value",
    look: "small",
    onOpen: () => {
      const { value } = register.get().query;
      form.elements["filter-min"].value = value?.min ?? "";
      form.elements["filter-max"].value = value?.max ?? "";
    },
  });
  return node;
}
