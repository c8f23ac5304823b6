/** A button that opens a small panel under it; Escape and a click beside it close it. */

import { h, icon } from "./dom.js";

/**
 * @param {string} label
 * @param {Node[]} body what the panel holds
 * @param {{id: string, glyph?: string, look?: string, onOpen?: function(): void}} options
 * @returns {{node: HTMLDetailsElement, close: function(boolean=): void}} `close(true)` also gives the focus back to the button
 */
export function menu(label, body, { id, glyph = null, look = "", onOpen = () => {} }) {
  const summary = h("summary", { class: `button ${look}`.trim(), id }, glyph && icon(glyph), h("span", null, label));
  const node = h("details", { class: "menu" }, summary, h("div", { class: "menu-body" }, body));
  const close = (refocus = false) => {
    node.open = false;
    if (refocus) summary.focus();
  };
  const outside = (event) => !node.contains(event.target) && close();
  const left = () => !node.checkVisibility() && close();
  node.addEventListener("toggle", () => {
    const change = node.open ? "addEventListener" : "removeEventListener";
    document[change]("pointerdown", outside);
    window[change]("hashchange", left);
    if (node.open) onOpen();
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.stopPropagation();
    close(true);
  });
  node.addEventListener("focusout", (event) => event.relatedTarget && !node.contains(event.relatedTarget) && close());
  return { node, close };
}
