/** Saved sets of filters: choose one, save what is shown, delete one. */

import { announce } from "../announce.js";
import { call, getJson, postJson } from "../api.js";
import { h, icon, mount } from "../dom.js";
import { menu } from "../menu.js";
import { problem } from "../parts.js";
import { go } from "../route.js";
import { CONTRACTS } from "./ask.js";
import { withoutChips } from "./kinds.js";
import { filtersOf, isFiltered, linkToQuery, queryOf } from "./query.js";
import { register } from "./state.js";

const PATH = `${CONTRACTS}/filters/`;

/** @returns {HTMLElement} */
export function savedFilters() {
  const list = h("ul", { class: "saved-list" });
  const name = h("input", { type: "text", id: "saved-name", maxlength: "80", required: true, autocomplete: "off" });
  const save = h("button", { type: "submit", class: "button primary small", id: "save-filters" }, "Save");
  const trouble = h("div", { role: "alert" });
  const form = h(
    "form",
    {
      class: "saved-form",
      onSubmit: (event) => {
        event.preventDefault();
        keep(name);
      },
    },
    h("label", { for: "saved-name" }, "Save these filters as"),
    h("div", { class: "saved-row" }, name, save),
  );
  const { node, close } = menu("Saved", [list, form, trouble], { id: "open-saved", glyph: "bookmark", look: "small", onOpen: load });

  async function load() {
    await attempt(async () => {
      const { saved } = await getJson(PATH);
      register.set({ saved: { list: saved } });
    });
  }

  async function keep(field) {
    await attempt(async () => {
      const { saved } = await postJson(PATH, { name: field.value.trim(), filters: filtersOf(register.get().query) });
      const others = (register.get().saved?.list ?? []).filter(({ id }) => id !== saved.id);
      register.set({ saved: { list: [saved, ...others] } });
      announce(`Saved as ${saved.name}.`);
      field.value = "";
    });
  }

  async function remove({ id, name: gone }) {
    await attempt(async () => {
      try {
        await call("DELETE", `${PATH}${encodeURIComponent(id)}/`, { timeout: 15000 });
      } catch (error) {
        if (error.status !== 404) throw error; // gone already, as wished
      }
      register.set({ saved: { list: register.get().saved.list.filter((other) => other.id !== id) } });
      announce(`${gone} deleted.`);
      name.focus();
    });
  }

  async function attempt(run) {
    mount(trouble);
    try {
      await run();
    } catch (error) {
      mount(trouble, problem(error));
    }
  }

  register.on(["query"], ({ query }) => {
    form.hidden = !isFiltered(query);
  });
  register.on(["saved", "query"], ({ saved, query }) => {
    if (!saved?.list) return mount(list, h("li", { class: "hint" }, "Loading"));
    if (!saved.list.length)
      return mount(
        list,
        h("li", { class: "hint" }, isFiltered(query) ? "None saved yet." : "None saved yet. Choose filters first, then save them here."),
      );
    return mount(
      list,
      saved.list.map((set) =>
        h(
          "li",
          { class: "saved-item" },
          h(
            "button",
            { type: "button", class: "saved-name", onClick: () => use(set) },
            set.name,
            h("span", { class: "hint" }, set.sentence),
          ),
          h(
            "button",
            { type: "button", class: "icon-button", "aria-label": `Delete ${set.name}`, title: "Delete", onClick: () => remove(set) },
            icon("trash"),
          ),
        ),
      ),
    );
  });

  function use(set) {
    close(true);
    go(linkToQuery(queryOf(set.filters), withoutChips(register.get().query)));
    announce(`${set.name}: ${set.sentence}`);
  }
  return node;
}
