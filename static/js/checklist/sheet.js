/** The dialog that a checklist is written in. It doesn't go while something isn't saved, unless one says so. */

import { confirm } from "../dialogs.js";
import { h, icon } from "../dom.js";

const isOutside = (event, dialog) => event.target === dialog;

/**
 * Open it. `changed` says whether something isn't saved, `take` gets a file that is dropped on it, `closed` is called when it went.
 *
 * @param {{id: string, title: string, opener: string, body: Node[], changed: function(): boolean,
 *   take: function(File): void, closed: function(): void}} options `opener` is the id of what gets the focus afterwards
 */
export function openSheet({ id, title, opener, body, changed, take, closed }) {
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Close", title: "Close", onClick: leave }, icon("cross"));
  const head = h("header", { class: "checklist-head" }, h("h2", { id: `${id}-title` }, title), close);
  const dialog = h(
    "dialog",
    { id, class: "checklist", "aria-labelledby": `${id}-title` },
    h("div", { class: "checklist-body" }, head, body),
  );
  let asking = false;
  let leaving = false;
  let pressedOutside = false;

  async function leave() {
    if (asking) return;
    asking = true;
    const sure =
      !changed() ||
      (await confirm({
        title: "Leave without saving?",
        text: "What you changed in the checklist is lost.",
        yes: "Leave",
        no: "Go on writing",
      }));
    asking = false;
    if (!sure) return;
    leaving = true;
    dialog.close();
  }

  const onUnload = (event) => changed() && event.preventDefault();
  const onHash = () => !changed() && dialog.close();
  dialog.addEventListener("cancel", (event) => {
    if (event.target !== dialog) return; // a file was not chosen
    event.preventDefault();
    leave();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // pressed twice, a browser would close it without asking
    leave();
  });
  dialog.addEventListener("pointerdown", (event) => {
    pressedOutside = isOutside(event, dialog); // not where a selection of text merely ends outside
  });
  dialog.addEventListener("click", (event) => pressedOutside && isOutside(event, dialog) && leave());
  for (const name of ["dragenter", "dragover", "drop"])
    dialog.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation(); // or it would be opened as a document
      if (name === "drop") take(event.dataTransfer.files[0]);
    });
  dialog.addEventListener("close", () => {
    if (!leaving && changed()) {
      dialog.showModal();
      leave();
      return;
    }
    removeEventListener("beforeunload", onUnload);
    removeEventListener("hashchange", onHash);
    dialog.remove();
    closed();
    document.getElementById(opener)?.focus();
  });
  addEventListener("beforeunload", onUnload);
  addEventListener("hashchange", onHash);
  document.body.append(dialog);
  dialog.showModal();
  return { leave };
}
