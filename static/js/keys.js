/** Single-key shortcuts. They can be switched off in the help dialog, since they get in the way of speech input. */

import { openHelp } from "./dialogs.js";
import { browser } from "./memory.js";
import { analyzeShown, cancelShown } from "./panels/sheet-head.js";
import { IMPORTS, REGISTER, TASKS, go, linkTo } from "./route.js";
import { isNarrow, letGo, step } from "./selection.js";
import { store } from "./store.js";

const byId = (id) => document.getElementById(id);

const ACTIONS = {
  n: () => toSection(1),
  p: () => toSection(-1),
  j: () => toFinding(1),
  k: () => toFinding(-1),
  a: analyzeShown,
  x: cancelShown,
  s: toList,
  c: toQuestion,
  t: () => go(TASKS),
  r: () => go(REGISTER),
  i: () => go(IMPORTS),
  "/": toSearch,
  "?": openHelp,
};

const ANYWHERE = new Set(["t", "r", "i", "/", "?"]); // the others need a document

export function startKeys() {
  const box = byId("single-keys");
  box.checked = browser.get("keys", true);
  box.addEventListener("change", () => browser.set("keys", box.checked));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return letGo();
    if (!box.checked || event.target.closest("input, textarea, select")) return;
    const action = ACTIONS[event.key];
    if (!action || (!ANYWHERE.has(event.key) && store.get().session?.phase !== "ready")) return;
    event.preventDefault();
    action();
  });
}

/** To the search field of the register. */
function toSearch() {
  if (store.get().route.page !== "register") go(REGISTER);
  requestAnimationFrame(() => requestAnimationFrame(() => byId("chip-input")?.focus()));
}

function toSection(direction) {
  const { session, route } = store.get();
  const target = session.sections.find((section) => section.index === route.section + direction);
  if (!target) return;
  go(linkTo(session.id, target.index));
  byId("section-title").focus({ preventScroll: true });
}

function toFinding(direction) {
  if (isNarrow()) store.set({ view: "side" });
  const id = step(direction);
  if (id) requestAnimationFrame(() => byId(`card-${id}`)?.focus({ preventScroll: true }));
}

function toList() {
  store.set({ view: "sections" });
  requestAnimationFrame(() => byId("spine").querySelector("a[aria-current], a")?.focus());
}

function toQuestion() {
  store.set({ side: "chat", view: "side" });
  requestAnimationFrame(() => byId("question").focus());
}
