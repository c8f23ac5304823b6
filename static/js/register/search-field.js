/** The search field: a combobox that offers meanings and names for what is typed, of all kinds or of one. */

import { announce } from "../announce.js";
import { h, icon, mount } from "../dom.js";
import { go } from "../route.js";
import * as words from "../words.js";
import { removeChip } from "./chips.js";
import { KINDS, NAMED, chipsOf, withChip } from "./kinds.js";
import { linkToQuery } from "./query.js";
import { register } from "./state.js";
import { atOnce, stillFitting, suggest } from "./suggest.js";

const PAUSE = 90; // ms of silence before the server is asked
const CHOICES = [["", "Everything"], ["keywords", "Words"], ...NAMED.map((kind) => [kind, KINDS[kind].label])];

/** @param {HTMLElement} root */
export function searchField(root) {
  const kind = h(
    "select",
    { id: "chip-kind", "aria-label": "What to search in" },
    CHOICES.map(([value, label]) => h("option", { value }, label)),
  );
  const input = h("input", {
    type: "text",
    id: "chip-input",
    role: "combobox",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    enterkeyhint: "search",
    maxlength: "300",
    placeholder: "Words, a name, 2024, >1m",
    "aria-label": "Search contracts",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "chip-options",
    "aria-describedby": "chip-hint",
  });
  const list = h("div", { class: "options-list", id: "chip-options", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const field = h("div", { class: "search-field" }, icon("search"), input, kind, list);
  root.append(
    field,
    h(
      "p",
      { class: "hint search-hint", id: "chip-hint" },
      "Filters of one kind are joined by “or”, different kinds by “and”. && within a filter asks for both.",
    ),
  );

  const state = { items: [], names: [], active: -1, ends: new AbortController(), timer: 0 };

  const close = () => {
    state.ends.abort();
    clearTimeout(state.timer);
    Object.assign(state, { items: [], names: [], active: -1 });
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const point = (index) => {
    state.active = index;
    state.items.forEach(({ node }, other) => node.setAttribute("aria-selected", String(other === index)));
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    const { node } = state.items[index];
    input.setAttribute("aria-activedescendant", node.id);
    return node.scrollIntoView({ block: "nearest" });
  };

  const take = (item) => {
    go(linkToQuery(withChip(register.get().query, item.chip)));
    announce(`${KINDS[item.chip.kind].label}: ${item.chip.shown} added.`);
    input.value = "";
    close();
    input.focus();
  };

  const show = (groups, waiting) => {
    const before = state.items[state.active]?.key;
    state.items = [];
    state.names = groups.filter((group) => group.kind);
    const nodes = groups.map((group, position) => groupNode(group, position, state.items, take, point));
    if (!state.items.length && !waiting && !input.value.trim() && !kind.value) return close();
    mount(list, nodes, !state.items.length && h("p", { class: "options-none" }, waiting ? "Looking" : "No name is like that"));
    list.hidden = false;
    list.setAttribute("aria-busy", String(waiting));
    input.setAttribute("aria-expanded", String(state.items.length > 0));
    const kept = state.items.findIndex(({ key }) => key === before);
    if (kept >= 0) point(kept);
    else point(input.value.trim() && state.items.length ? 0 : -1);
    if (!waiting && state.items.length) announceLater(state.items.length);
    return undefined;
  };

  const look = (pause) => {
    clearTimeout(state.timer);
    state.ends.abort();
    state.ends = new AbortController();
    const { signal } = state.ends;
    show([...atOnce(input.value, kind.value), ...stillFitting(state.names, input.value, kind.value)], true); // Enter means what is typed
    state.timer = setTimeout(
      () => suggest(input.value, kind.value, { signal, onGroups: (...what) => !signal.aborted && show(...what) }),
      pause,
    );
  };

  input.addEventListener("input", () => (input.value.trim() || kind.value ? look(PAUSE) : close()));
  input.addEventListener("focus", () => kind.value && look(0));
  input.addEventListener("blur", () =>
    setTimeout(() => !list.contains(document.activeElement) && document.activeElement !== input && close(), 0),
  );
  kind.addEventListener("change", () => {
    input.focus();
    look(0);
  });
  input.addEventListener("keydown", (event) => onKey(event, { input, kind, state, point, take, close, look }));
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
}

function onKey(event, { input, kind, state, point, take, close, look }) {
  if (event.isComposing) return;
  const { items, active } = state;
  const move = (index) => {
    event.preventDefault();
    if (items.length) point((index + items.length) % items.length);
    else look(0);
  };
  if (event.key === "ArrowDown") move(active + 1);
  else if (event.key === "ArrowUp") move(active < 0 ? -1 : active - 1);
  else if (event.key === "Escape" && (items.length || input.value)) {
    event.preventDefault();
    event.stopPropagation();
    if (items.length) close();
    else input.value = "";
  } else if (event.key === "Enter") {
    event.preventDefault();
    const text = input.value.trim();
    if (items[active]) take(items[active]);
    else if (text && !kind.value) take(atOnce(text, "")[0].items[0]);
    else if (text) take({ chip: { kind: kind.value, text, shown: text } });
  } else if (event.key === "Backspace" && !input.value) {
    const last = chipsOf(register.get().query).at(-1);
    if (last) removeChip(last);
  }
}

function groupNode({ label, items }, position, all, take, point) {
  const id = `options-group-${position}`;
  return h(
    "div",
    { class: "options-group", role: "group", "aria-labelledby": id },
    h("p", { class: "options-label", id, role: "presentation" }, label),
    items.map((item) => {
      const index = all.length;
      const node = h(
        "div",
        {
          class: "options-item",
          role: "option",
          id: `chip-option-${index}`,
          "aria-selected": "false",
          onClick: () => take(item),
          onPointermove: () => point(index),
        },
        h("span", { class: "options-name" }, item.shown),
        item.note && h("span", { class: "options-note" }, item.note),
      );
      all.push({ ...item, node, key: `${item.chip.kind}/${item.shown}` });
      return node;
    }),
  );
}

let speaking = 0;

function announceLater(count) {
  clearTimeout(speaking);
  speaking = setTimeout(() => announce(words.count(count, "suggestion")), 700); // not at every letter
}
