/** The two dialogs: help and "are you sure". */

import { setText } from "./dom.js";

const byId = (id) => document.getElementById(id);

/** Ask before something that can't be undone. Resolves to true when the user is sure. */
export function confirm({ title, text, yes = "Delete", no = "Keep it" }) {
  const dialog = byId("confirm");
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-yes"), yes);
  setText(byId("confirm-no"), no);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

export function openHelp() {
  const dialog = byId("help");
  if (!dialog.open) dialog.showModal();
}

/** A click beside a dialog closes it. */
export function startDialogs() {
  byId("open-help").addEventListener("click", openHelp);
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close("no");
    });
  }
}
