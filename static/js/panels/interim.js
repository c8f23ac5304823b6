/** What stands in for the desk while there is none: a document that loads, is read, is unknown or failed. */

import { reload } from "../desk.js";
import { h, mount } from "../dom.js";
import { button, problem, progressLine, skeleton } from "../parts.js";
import { store } from "../store.js";

/** @param {HTMLElement} root */
export function interimPanel(root) {
  let line = null;
  store.on(["session"], ({ session }) => {
    root.hidden = !session || session.phase === "ready";
    if (root.hidden) {
      line = null;
      return;
    }
    if (session.phase === "parsing" && line) {
      line.update(progressOf(session));
      return;
    }
    line = session.phase === "parsing" ? progressLine("Reading the document") : null;
    line?.update(progressOf(session));
    mount(root, ...content(session, line));
  });
}

const progressOf = (session) => ({ status: session.status || "Reading the document", progress: session.progress ?? null });

const home = () => h("a", { class: "button primary", href: "#/" }, "All documents");

function content(session, line) {
  if (session.phase === "loading") return [h("p", { class: "interim-title", role: "status" }, "Opening the document"), skeleton(6)];
  if (session.phase === "parsing") {
    return [
      h("h1", null, session.name ?? "Reading the document"),
      h(
        "p",
        { class: "lead" },
        "The text is being read and cut into sections. Large files take up to a minute; you may leave this page and come back.",
      ),
      line.node,
    ];
  }
  if (session.phase === "missing") {
    return [
      h("h1", null, "This document isn't here"),
      h(
        "p",
        { class: "lead" },
        "It may have been deleted, or it was opened in another browser and belongs there. The address may also be incomplete.",
      ),
      h("div", { class: "actions" }, home()),
    ];
  }
  const again = session.unreadable ? home() : button("Try again", reload, { look: "primary", id: "reload" });
  return [
    h("h1", null, session.unreadable ? "This document could not be read" : "The document could not be opened"),
    problem(session.error ?? { message: "The reason isn't known." }, { actions: [again] }),
  ];
}
