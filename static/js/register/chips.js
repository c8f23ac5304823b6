/** The chips of the search: one row a kind, each chip with a way to take it away. */

import { announce } from "../announce.js";
import { h, icon, mount } from "../dom.js";
import { button } from "../parts.js";
import { go } from "../route.js";
import { KINDS, chipsOf, withoutChip, withoutChips } from "./kinds.js";
import { linkToQuery } from "./query.js";
import { register } from "./state.js";

const toInput = () => document.getElementById("chip-input").focus();

/** @param {HTMLElement} root */
export function chipList(root) {
  register.on(["query"], ({ query }) => draw(root, query));
}

function draw(root, query) {
  const chips = chipsOf(query);
  root.hidden = !chips.length;
  const kinds = Object.keys(KINDS).filter((kind) => chips.some((chip) => chip.kind === kind));
  const rows = kinds.map((kind) => {
    const own = chips.filter((chip) => chip.kind === kind);
    const items = own.map((chip, index) => [index > 0 && h("span", { class: "chip-or" }, "or"), chipNode(query, chip)]);
    return h(
      "li",
      { class: "chip-row" },
      h("span", { class: "chip-kind", id: `kind-${kind}` }, KINDS[kind].label),
      h("span", { class: "chip-row-items", role: "group", "aria-labelledby": `kind-${kind}` }, items),
    );
  });
  mount(
    root,
    h("ul", { class: "chip-rows", "aria-label": "Filters" }, rows),
    button("Clear all", clearAll, { id: "clear-chips", look: "quiet small" }),
  );
}

function chipNode(query, chip) {
  const remove = () => {
    removeChip(chip);
    toInput();
  };
  return h(
    "span",
    { class: "chip", "data-kind": chip.kind },
    h("span", { class: "chip-text" }, chip.shown),
    h(
      "button",
      {
        type: "button",
        class: "chip-remove",
        "aria-label": `Remove ${KINDS[chip.kind].label.toLowerCase()} ${chip.shown}`,
        onClick: remove,
      },
      icon("cross"),
    ),
  );
}

export function removeChip(chip) {
  go(linkToQuery(withoutChip(register.get().query, chip)));
  announce(`${chip.shown} removed.`);
}

function clearAll() {
  go(linkToQuery(withoutChips(register.get().query)));
  announce("All filters removed.");
  toInput();
}
