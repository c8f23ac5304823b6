/** The ways to the checklists: from the first page to the standing one, from the desk to the document's. */

import { Cancelled } from "../api.js";
import { h, setText } from "../dom.js";
import { button } from "../parts.js";
import { store } from "../store.js";
import { count } from "../words.js";
import { checklists, loadStanding, preferences } from "./calls.js";
import { openOfDocument } from "./document.js";
import { openStanding } from "./standing.js";

/** For the first page: a button, and which checklist new documents get. */
export function standingEntry() {
  const open = () => openStanding("open-checklist");
  const facts = h("span", { class: "hint", id: "standing-facts" });
  checklists.on(["standing"], ({ standing }) =>
    setText(facts, standing ? `${standing.own ? "your own" : "built-in"}, ${count(standing.checks.length, "check")}` : ""),
  );
  store.on(["route"], ({ route }) => route.page === "documents" && !route.session && refresh());
  const attributes = { id: "open-checklist", glyph: "list", "aria-haspopup": "dialog", "aria-describedby": "standing-facts" };
  return h("div", { class: "standing-entry" }, button("Checklist", open, attributes), facts);
}

async function refresh() {
  try {
    await loadStanding();
  } catch (error) {
    if (!(error instanceof Cancelled)) checklists.set({ standing: null }); // said where it is opened; here the words stay neutral
  }
}

/** The radio buttons of the first page: what a checklist that goes along with a document is added to. */
export function preferenceChoices() {
  const labels = preferences(null).map(([value, label], index) => {
    const words = h("span", null, label);
    return { words, node: h("label", { class: "check" }, h("input", { type: "radio", name: "preference", value, checked: index === 0 }), words) };
  });
  checklists.on(["standing"], ({ standing }) => preferences(standing).forEach(([, label], index) => setText(labels[index].words, label)));
  return labels.map(({ node }) => node);
}

/** For the desk: how many checks the document is reviewed against, as the way to them. */
export function documentEntry(session) {
  const words = count(Object.keys(session.checks ?? {}).length, "check");
  return h(
    "button",
    {
      type: "button",
      class: "text-button",
      id: "open-document-checklist",
      "aria-haspopup": "dialog",
      onClick: () => openOfDocument(session, "open-document-checklist"),
    },
    `Reviewed against ${words}`,
  );
}
