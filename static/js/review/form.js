/** The form in which a finding is edited, and one of the reader's own is written. */

import { newKey } from "../api.js";
import { confirm } from "../dialogs.js";
import { focusDrawn, h, mount } from "../dom.js";
import { button, problem } from "../parts.js";
import { WHOLE } from "../route.js";
import { choose, isNarrow } from "../selection.js";
import { store } from "../store.js";
import { RISKS, TYPES } from "../words.js";
import { addFinding, deleteFinding, saveEdit } from "./decide.js";

export const CATEGORIES = [
  "Completeness",
  "Consistency",
  "Clarity",
  "Dates and deadlines",
  "Figures and sums",
  "References",
  "Definitions",
  "Evidence",
  "Competition",
  "Award criteria",
  "Compliance",
  "Language",
];
const FIELDS = ["description", "suggestion", "risk_level", "category", "type"];
const BLANK = { description: "", suggestion: "", risk_level: "Medium", category: "Clarity", type: "important" };

const soon = (id) => focusDrawn(() => document.getElementById(id));

/** Open the form on a finding. */
export function startEdit(key) {
  store.set({ editing: { key }, side: "findings", ...(isNarrow() ? { view: "side" } : {}) });
  soon("finding-description");
}

/** Open the form for a finding of one's own; `draft` says about which words: {quote, start} or nothing. */
export function startDraft(draft = {}) {
  const { section } = store.get();
  if (section?.phase !== "ready") return;
  store.set({ editing: { draft, key: null, sendKey: newKey(), section: section.index }, active: null, side: "findings", view: isNarrow() ? "side" : store.get().view });
  soon("finding-description");
}

function close(focusOn) {
  store.set({ editing: null });
  if (focusOn) soon(focusOn);
}

export async function askToDelete(finding) {
  const sure = await confirm({ title: "Delete your finding?", text: `“${finding.description}” is taken out. You can undo it.` });
  if (sure && (await deleteFinding(finding))) document.getElementById("findings").focus();
}

/** The form in the place of a card's text. */
export function editForm(finding) {
  const { key } = finding;
  return form(finding, {
    name: "Edit this finding",
    original: finding.original,
    cancel: () => close(`card-${key}`),
    async save(fields) {
      const changed = Object.fromEntries(FIELDS.filter((name) => fields[name] !== finding[name]).map((name) => [name, fields[name]]));
      if (Object.keys(changed).length) await saveEdit(finding, changed);
      close(`card-${key}`);
    },
  });
}

/** The form of a new finding, above the cards. */
export function draftForm({ draft, section, sendKey }) {
  const about = section === WHOLE ? "the document as a whole" : "the section as a whole";
  return h(
    "section",
    { class: "card draft", "aria-labelledby": "draft-title" },
    h("h3", { class: "card-title", id: "draft-title" }, "Your own finding"),
    draft.quote ? h("blockquote", { class: "quote is-still" }, h("q", null, draft.quote)) : h("p", { class: "card-whole" }, `About ${about}.`),
    form(BLANK, {
      name: "Your own finding",
      cancel: () => close("add-finding"),
      async save(fields) {
        const words = draft.quote ? { quote: draft.quote, start: draft.start } : {};
        const item = await addFinding(section, { ...fields, ...words }, sendKey);
        store.set({ editing: null });
        choose(item.key);
        soon(`card-${item.key}`);
      },
    }),
  );
}

function form(values, { name, original = null, cancel, save }) {
  const id = (field) => `finding-${field}`;
  const area = (field, rows, rest = {}) => h("textarea", { id: id(field), name: field, rows, value: values[field] ?? "", ...rest });
  const select = (field, options) => {
    const known = options.some(([value]) => value === values[field]) ? options : [[values[field], values[field]], ...options];
    const node = h(
      "select",
      { id: id(field), name: field },
      known.map(([value, label]) => h("option", { value }, label)),
    );
    node.value = values[field];
    return node;
  };
  const labelled = (field, label, node) => h("p", { class: "field" }, h("label", { for: id(field) }, label), node);
  const inputs = {
    description: area("description", 4, { required: "", maxlength: "4000", "aria-describedby": "finding-trouble" }),
    suggestion: area("suggestion", 3, { maxlength: "4000" }),
    risk_level: select(
      "risk_level",
      RISKS.map((risk) => [risk, risk]),
    ),
    category: select(
      "category",
      CATEGORIES.map((category) => [category, category]),
    ),
    type: select("type", Object.entries(TYPES)),
  };
  const trouble = h("div", { id: "finding-trouble", role: "alert" });
  const submit = h("button", { type: "submit", class: "button primary small", id: "save-finding" }, "Save");
  const read = () => Object.fromEntries(FIELDS.map((field) => [field, inputs[field].value.trim()]));
  const begun = JSON.stringify(FIELDS.map((field) => (values[field] ?? "").trim()));
  const restore = () => {
    for (const field of FIELDS) if (field in original) inputs[field].value = original[field];
    inputs.description.focus();
  };
  const node = h(
    "form",
    { class: "finding-form", "aria-label": name, novalidate: "" },
    labelled("description", "What is the matter", inputs.description),
    labelled("suggestion", "Suggestion (may be left out)", inputs.suggestion),
    h(
      "div",
      { class: "field-row" },
      labelled("risk_level", "Risk", inputs.risk_level),
      labelled("type", "Kind", inputs.type),
      labelled("category", "Category", inputs.category),
    ),
    trouble,
    h(
      "div",
      { class: "actions" },
      submit,
      button("Cancel", cancel, { look: "small", id: "cancel-finding" }),
      original && button("Put back the reviewer's words", restore, { look: "small quiet", id: "restore-finding" }),
    ),
  );
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = read();
    if (!fields.description) {
      mount(trouble, problem({ message: "Say what the matter is." }, { look: "small" }));
      inputs.description.setAttribute("aria-invalid", "true");
      return inputs.description.focus();
    }
    submit.disabled = true;
    mount(trouble);
    try {
      await save(fields);
    } catch (error) {
      mount(trouble, problem(error, { title: "It was not saved", look: "small" }));
      submit.disabled = false;
    }
    return undefined;
  });
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) node.requestSubmit();
    if (event.key !== "Escape") return;
    event.stopPropagation();
    if (JSON.stringify(Object.values(read())) === begun) cancel(); // what was written isn't thrown away by a key
  });
  return node;
}
