/** One finding as a card. */

import { h, icon } from "../dom.js";
import { chooseFromCard } from "../selection.js";
import { store } from "../store.js";
import { TYPES, confidence, percent } from "../words.js";

/**
 * @param {Object} finding as the server sends it
 * @param {Object<string, string>} titles id of a check of the guidelines -> its title
 * @returns {HTMLElement} an article; hovering, focusing and clicking it answers in the text
 */
export function findingCard(finding, titles) {
  const { id, risk_level: risk, category, description, suggestion, questions = [], checklist_refs: checks = [], quote } = finding;
  const choose = () => chooseFromCard(id);
  const card = h(
    "article",
    { class: `card risk-${risk.toLowerCase()}`, id: `card-${id}`, tabindex: "-1", "aria-labelledby": `about-${id}` },
    h(
      "header",
      { class: "card-head" },
      h("span", { class: "risk" }, `${risk} risk`),
      h("span", { class: "card-category" }, category),
      h("span", { class: "card-type" }, TYPES[finding.type] ?? finding.type),
    ),
    h("h3", { class: "card-title", id: `about-${id}` }, description),
    quote
      ? h(
          "button",
          { type: "button", class: "quote", id: `quote-${id}`, onClick: choose, title: "Show in the text" },
          h("q", null, quote),
          h("span", { class: "hidden-visually" }, " Show in the text"),
        )
      : h("p", { class: "card-whole" }, "About the section as a whole: something is missing."),
    suggestion && h("div", { class: "card-part" }, h("h4", null, "Suggestion"), h("p", null, suggestion)),
    questions.length > 0 &&
      h(
        "div",
        { class: "card-part" },
        h("h4", null, questions.length === 1 ? "Question to the author" : "Questions to the author"),
        h(
          "ul",
          null,
          questions.map((question) => h("li", null, question)),
        ),
      ),
    h(
      "footer",
      { class: "card-foot" },
      h(
        "span",
        { class: "sure", title: "How sure the reviewer is" },
        meter(finding.confidence),
        `${confidence(finding.confidence)}, ${percent(finding.confidence)}`,
      ),
      checks.map((check) =>
        h(
          "span",
          { class: "check-ref", title: "Check of the guidelines" },
          icon("check"),
          [check, titles[check]].filter(Boolean).join(" "),
        ),
      ),
      finding.model && h("span", { class: "card-model" }, finding.model),
    ),
  );
  const hover = () => store.set({ hovered: id });
  const leave = () => store.set({ hovered: null });
  card.addEventListener("pointerenter", hover);
  card.addEventListener("pointerleave", leave);
  card.addEventListener("focusin", hover);
  card.addEventListener("focusout", leave);
  card.addEventListener("click", (event) => {
    if (!event.target.closest("button") && !getSelection().toString()) choose();
  });
  return card;
}

const meter = (share) => h("meter", { min: "0", max: "1", value: share, "aria-hidden": "true" });
