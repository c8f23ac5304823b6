/** Single-key shortcuts. They can be switched off in the help dialog, since they get in the way of speech input. */

import { announce } from "./announce.js";
import { openHelp } from "./dialogs.js";
import { focusDrawn } from "./dom.js";
import { browser } from "./memory.js";
import { analyzeShown, cancelShown } from "./panels/sheet-head.js";
import { IMPORTS, REGISTER, STATISTICS, TASKS, WHOLE, go, linkTo } from "./route.js";
import { startEdit } from "./review/form.js";
import { redoShown, undoShown } from "./review/panel.js";
import { draftHere } from "./review/pick.js";
import { chosen, decideChosen, toFinding } from "./review/steps.js";
import { letGo } from "./selection.js";
import { store } from "./store.js";

const byId = (id) => document.getElementById(id);

const ACTIONS = {
  n: () => toSection(1),
  p: () => toSection(-1),
  j: () => toFinding(1),
  k: () => toFinding(-1),
  a: () => decideChosen("accepted"),
  r: () => decideChosen("rejected"),
  e: editChosen,
  u: undoShown,
  U: redoShown,
  o: draftHere,
  A: analyzeShown,
  x: cancelShown,
  s: toList,
  c: toQuestion,
  t: () => go(TASKS),
  R: () => go(REGISTER),
  S: () => go(STATISTICS),
  i: () => go(IMPORTS),
  "/": toSearch,
  "?": openHelp,
};

const ANYWHERE = new Set(["t", "R", "S", "i", "/", "?"]); // the others need a document

export function startKeys() {
  const box = byId("single-keys");
  box.checked = browser.get("keys", true);
  box.addEventListener("change", () => browser.set("keys", box.checked));
  document.addEventListener("keydown", (event) => {
    if (isUndo(event)) return instead(event, undoShown);
    if (isRedo(event)) return instead(event, redoShown);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return letGo();
    if (!box.checked || event.target.closest("input, textarea, select")) return;
    const key = named(event);
    const action = ACTIONS[key];
    if (!action || (!ANYWHERE.has(key) && store.get().session?.phase !== "ready")) return;
    event.preventDefault();
    action();
  });
}

/** The letter that was meant: large only with the Shift key, whatever the caps lock says. */
const named = ({ key, shiftKey }) => (/^[a-z]$/i.test(key) ? (shiftKey ? key.toUpperCase() : key.toLowerCase()) : key);

const isUndo = (event) => (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z";

const isRedo = (event) =>
  (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === (event.shiftKey ? "z" : "y");

/** Control and Z (or Y) outside a field takes back (or does again) the last decision; in a field it belongs to what is written. */
function instead(event, act) {
  if (event.target.closest("input, textarea, select") || document.querySelector("dialog[open]") || store.get().session?.phase !== "ready") return;
  event.preventDefault();
  act();
}

function editChosen() {
  const finding = chosen();
  if (finding) startEdit(finding.key);
  else announce("Choose a finding first, with j or k.");
}

/** To the search field of the register. */
function toSearch() {
  if (store.get().route.page !== "register") go(REGISTER);
  focusDrawn(() => byId("chip-input"));
}

function toSection(direction) {
  const { session, route } = store.get();
  const wanted = route.section + direction; // before the first section stands the document as a whole
  if (wanted !== WHOLE && !session.sections.some((section) => section.index === wanted)) return;
  go(linkTo(session.id, wanted));
  byId("section-title").focus({ preventScroll: true });
}

function toList() {
  store.set({ view: "sections" });
  focusDrawn(() => byId("spine").querySelector("a[aria-current]") ?? byId("spine").querySelector("a"));
}

function toQuestion() {
  store.set({ side: "chat", view: "side" });
  focusDrawn(() => byId("question"));
}
