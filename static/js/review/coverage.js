/** The checks of the guidelines, and whether the document meets them: a table, stacked where there is no room for one. */

import { h, icon } from "../dom.js";
import { showPassage } from "../selection.js";
import { store } from "../store.js";
import { number } from "../words.js";

const STATES = {
  met: { word: "Met", glyph: "check" },
  partly: { word: "Partly", glyph: "half" },
  missing: { word: "Missing", glyph: "cross" },
  unclear: { word: "Unclear", glyph: "question" },
};

/** @param {{check_id: string, title: string, text: string, state: string, note: string, places: Object[]}[]} rows */
export function coverageTable(rows) {
  const amounts = Object.entries(STATES)
    .map(([state, { word }]) => [rows.filter((row) => row.state === state).length, word.toLowerCase()])
    .filter(([amount]) => amount > 0)
    .map(([amount, word]) => `${number(amount)} ${word}`);
  return [
    h("p", { class: "coverage-sum", id: "coverage-sum" }, amounts.join(" · ")),
    h(
      "table",
      { class: "coverage", "aria-describedby": "coverage-sum", "aria-labelledby": "coverage-title" },
      h(
        "thead",
        null,
        h("tr", null, h("th", { scope: "col" }, "Check"), h("th", { scope: "col" }, "State"), h("th", { scope: "col" }, "What the document says")),
      ),
      h("tbody", null, rows.map(coverageRow)),
    ),
  ];
}

function coverageRow({ check_id: id, title, text, state, note, places = [] }) {
  const { word, glyph } = STATES[state] ?? STATES.unclear;
  return h(
    "tr",
    { "data-state": state },
    h(
      "th",
      { scope: "row" },
      h("span", { class: "coverage-id" }, id),
      h("span", { class: "coverage-title" }, title),
      text && text !== title && h("details", { class: "coverage-text" }, h("summary", null, "What it asks"), h("p", null, text)),
    ),
    h("td", null, h("span", { class: `coverage-state is-${state}` }, icon(glyph), word)),
    h("td", null, note && h("p", null, note), places.length > 0 && h("ul", { class: "coverage-places" }, places.map(placeLink))),
  );
}

function placeLink(place) {
  const { session } = store.get();
  return h(
    "li",
    null,
    h(
      "button",
      { type: "button", class: "place-link", onClick: () => showPassage(session.id, place), title: place.quote ?? "Show in the text" },
      place.title ?? `Section ${place.section + 1}`,
      place.quote && h("q", null, place.quote.length > 90 ? `${place.quote.slice(0, 88)}…` : place.quote),
    ),
  );
}
