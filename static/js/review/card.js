/** One finding as a card: what it says, where, and what the reader decides about it. */

import { h, icon } from "../dom.js";
import { button, problem } from "../parts.js";
import { chooseFromCard, showPassage } from "../selection.js";
import { store } from "../store.js";
import { TYPES, confidence, percent } from "../words.js";
import { decide, dismissNote } from "./decide.js";
import { STATES } from "./filters.js";
import { askToDelete, editForm, startEdit } from "./form.js";
import { decideAndGoOn } from "./steps.js";

/**
 * @param {Object} finding as the page knows it
 * @param {{titles: Object<string, string>, note: Object|null, editing: boolean, offline: boolean}} how `titles`: id of a check of
 *   the guidelines -> its title; `note`: what becomes of a decision; `editing`: its form stands in its place
 * @returns {HTMLElement} an article; hovering, focusing and clicking it answers in the text
 */
export function findingCard(finding, { titles, note, editing, offline }) {
  const { key, risk_level: risk } = finding;
  const rejected = finding.decision === "rejected" ? " is-rejected" : "";
  const card = h(
    "article",
    { class: `card risk-${risk.toLowerCase()}${rejected}`, id: `card-${key}`, tabindex: "-1", "aria-labelledby": `about-${key}` },
    head(finding),
    h("h3", { class: "card-title", id: `about-${key}` }, finding.description),
    editing ? editForm(finding) : [...body(finding), foot(finding, titles), decisions(finding, note)],
    note && noteOf(finding, note, offline),
  );
  answer(card, key);
  return card;
}

function head(finding) {
  return h(
    "header",
    { class: "card-head" },
    h("span", { class: "risk" }, `${finding.risk_level} risk`),
    h("span", { class: "card-category" }, finding.category),
    h("span", { class: "card-type" }, TYPES[finding.type] ?? finding.type),
    badges(finding),
  );
}

const GLYPHS = { accepted: "check", rejected: "cross" };

/** The states that are worth a word: an undecided finding says so by its buttons. */
function badges(finding) {
  const shown = [
    finding.source === "reader" ? "own" : null,
    finding.decision !== "pending" && finding.source !== "reader" ? finding.decision : null,
    finding.edited && finding.source !== "reader" ? "edited" : null,
  ].filter(Boolean);
  return [
    shown.map((state) => h("span", { class: `badge is-${state}` }, GLYPHS[state] && icon(GLYPHS[state]), STATES[state])),
    finding.present === false && h("span", { class: "badge is-gone" }, "Not found by the newest analysis"),
  ];
}

function body(finding) {
  const { key, suggestion, questions = [], quote, places } = finding;
  const part = (title, ...content) => h("div", { class: "card-part" }, h("h4", null, title), ...content);
  return [
    places.length > 0 && placeList(places),
    quote &&
      !places.length &&
      h(
        "button",
        { type: "button", class: "quote", id: `quote-${key}`, onClick: () => chooseFromCard(key), title: "Show in the text" },
        h("q", null, quote),
        h("span", { class: "hidden-visually" }, " Show in the text"),
      ),
    !quote && !places.length && h("p", { class: "card-whole" }, wholeWords(finding)),
    suggestion && part("Suggestion", h("p", null, suggestion)),
    questions.length > 0 &&
      part(
        questions.length === 1 ? "Question to the author" : "Questions to the author",
        h(
          "ul",
          null,
          questions.map((question) => h("li", null, question)),
        ),
      ),
  ];
}

function wholeWords({ section_index: index, source }) {
  const what = index < 0 ? "document" : "section";
  return source === "reader" ? `About the ${what} as a whole.` : `About the ${what} as a whole: something is missing.`;
}

/** The passages a finding rests on, each of which leads to its words. */
export function placeList(places) {
  const { session } = store.get();
  return h(
    "ul",
    { class: "places-list" },
    places.map((place) =>
      h(
        "li",
        null,
        h(
          "button",
          { type: "button", class: "quote", onClick: () => showPassage(session.id, place), title: "Show in the text" },
          place.quote ? h("q", null, place.quote) : null,
          h("span", { class: "quote-place" }, place.title ?? `Section ${place.section + 1}`),
        ),
      ),
    ),
  );
}

function foot(finding, titles) {
  const { checklist_refs: checks = [], model, source } = finding;
  const sure =
    source !== "reader" &&
    h(
      "span",
      { class: "sure", title: "How sure the reviewer is" },
      h("meter", { min: "0", max: "1", value: finding.confidence, "aria-hidden": "true" }),
      `${confidence(finding.confidence)}, ${percent(finding.confidence)}`,
    );
  const refs = checks.map((check) =>
    h("span", { class: "check-ref", title: "Check of the guidelines" }, icon("check"), [check, titles[check]].filter(Boolean).join(" ")),
  );
  if (!sure && !refs.length && !model) return null;
  return h("footer", { class: "card-foot" }, sure, refs, model && source !== "reader" && h("span", { class: "card-model" }, model));
}

/** Accept and Reject are switches: pressed again they take the decision back. */
function decisions(finding, note) {
  const { key, decision, source } = finding;
  const about = { "aria-describedby": `about-${key}` };
  const choice = (value, label, glyph) =>
    button(label, () => (decision === value ? decide(finding, "pending") : decideAndGoOn(finding, value)), {
      ...about,
      id: `${value}-${key}`,
      look: `small decision is-${value}`,
      glyph,
      "aria-pressed": String(decision === value),
      title: decision === value ? "Press again to take it back" : null,
    });
  const busy = note?.phase === "saving";
  return h(
    "div",
    { class: "card-decisions", role: "group", "aria-label": "Decision" },
    source === "reader"
      ? button("Delete", () => askToDelete(finding), { ...about, id: `delete-${key}`, look: "small", glyph: "trash", disabled: busy })
      : [choice("accepted", "Accept", "check"), choice("rejected", "Reject", "cross")],
    button("Edit", () => startEdit(key), { ...about, id: `edit-${key}`, look: "small quiet", glyph: "pen" }),
  );
}

function noteOf(finding, { phase, error, title, decision }, offline) {
  if (phase === "saving") return offline && h("p", { class: "card-waits" }, icon("again"), "Not saved yet: it waits for the connection.");
  const actions = [
    decision && button("Try again", () => decide(finding, decision), { look: "small", id: `again-${finding.key}` }),
    button("Dismiss", () => dismissNote(finding.key), { look: "small quiet", id: `dismiss-${finding.key}` }),
  ];
  return problem(error, { title, actions, look: "small" });
}

function answer(card, key) {
  const hover = () => store.set({ hovered: key });
  const leave = () => store.set({ hovered: null });
  card.addEventListener("pointerenter", hover);
  card.addEventListener("pointerleave", leave);
  card.addEventListener("focusin", hover);
  card.addEventListener("focusout", leave);
  card.addEventListener("click", (event) => {
    if (!event.target.closest("button, a, form, .problem") && !getSelection().toString()) chooseFromCard(key);
  });
}
