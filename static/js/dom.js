/** Builds DOM nodes. Text always becomes a text node, so nothing a server sends can turn into markup. */

import { unlessPressed } from "./press.js";

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["disabled", "hidden", "checked", "value", "multiple", "open", "tabIndex", "htmlFor", "selected", "indeterminate"]);

/**
 * An element with properties and children.
 *
 * @param {string} tag element name
 * @param {Object} [properties] attributes; `on<event>` functions become listeners; null, undefined and false are left out
 * @param {...(Node|string|number|Array|null|false)} children strings become text nodes; null and false are left out
 */
export function h(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2).toLowerCase(), value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...flatten(children));
  return node;
}

function flatten(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

/**
 * Replace what a node holds. If the focus was inside, the element with the same id gets it back, so a panel that is
 * drawn again doesn't throw keyboard users out.
 */
export function mount(node, ...children) {
  unlessPressed(node, () => {
    const focused = node.contains(document.activeElement) ? document.activeElement.id : "";
    node.replaceChildren(...flatten(children));
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  });
}

/**
 * Give the focus to what `find` returns once the state that was just set is drawn, and before another key arrives: what is typed
 * right after a shortcut is meant for where it leads.
 */
export const focusDrawn = (find, options) => queueMicrotask(() => find()?.focus(options));

/** Set a node's text only when it differs: live regions speak at every change. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  back: "M9.5 3.5L5 8l4.5 4.5",
  next: "M6.5 3.5L11 8l-4.5 4.5",
  upload: "M8 11V3M4.5 6L8 2.5 11.5 6M3 13.5h10",
  trash: "M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.6 9h5.8l.6-9",
  send: "M2.5 8h10M8.5 4l4 4-4 4",
  file: "M4 1.8h5l3 3v9.4H4zM9 1.8v3h3",
  alert: "M8 2l6.5 11.5h-13zM8 6.5v3.4M8 11.6v.4",
  list: "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
  text: "M3 3.5h10M3 6.5h10M3 9.5h10M3 12.5h6",
  flag: "M4 14V2.5h8l-2 3 2 3H4",
  chat: "M2.5 3h11v7.5H7L4 13.5v-3H2.5z",
  again: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3l3.7 3.7",
  download: "M8 2.5V11M4.5 7.5L8 11l3.5-3.5M3 13.5h10",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  trend: "M2.5 12.5l3.5-4 3 2 4.5-6M10.5 4.5h3v3",
  bookmark: "M4.5 2.5h7v11L8 10.8l-3.5 2.7z",
  first: "M11.5 3.5L7 8l4.5 4.5M4.5 3.5v9",
  last: "M4.5 3.5L9 8l-4.5 4.5M11.5 3.5v9",
  up: "M8 13V3M4.5 6.5L8 3l3.5 3.5",
  down: "M8 3v10M4.5 9.5L8 13l3.5-3.5",
  undo: "M5.5 3L2.5 6l3 3M2.5 6H9a4 4 0 0 1 0 8H6",
  half: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 2.5v11M10 3.5v9M12 5v6",
  question: "M5.8 6a2.3 2.3 0 1 1 3.4 2c-.8.5-1.2.9-1.2 1.8M8 12.4v.1",
  pen: "M3 13l.6-2.8 7.6-7.6 2.2 2.2-7.6 7.6zM9.8 4l2.2 2.2",
  plus: "M8 3v10M3 8h10",
  report: "M4 1.8h8v12.4H4zM6.2 5h3.6M6.2 8h3.6M6.2 11h2",
  keys: "M1.8 4h12.4v8H1.8zM4.5 6.7h.01M8 6.7h.01M11.5 6.7h.01M5 9.7h6",
};

/** An SVG element; like `h`, but with attributes only. */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, String(value));
  node.append(...flatten(children));
  return node;
}

/** A line icon, 16 by 16, hidden from screen readers: the words beside it say the same. */
export function icon(name) {
  const attributes = { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true", focusable: "false" };
  return svg("svg", attributes, svg("path", { d: PATHS[name] }));
}

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Scroll a box no further than until a node in it can be seen. Unlike scrollIntoView this doesn't change where the Tab key goes on from. */
export function showWithin(box, node) {
  const [outer, inner] = [box.getBoundingClientRect(), node.getBoundingClientRect()];
  if (inner.top < outer.top) box.scrollTop -= outer.top - inner.top;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
}

/** Bring a node into view; twice, because text that was never drawn has only an estimated height. */
export function reveal(node, block = "center") {
  const far = Math.abs(node.getBoundingClientRect().top) > innerHeight * 2;
  node.scrollIntoView({ block, behavior: far || reducedMotion() ? "auto" : "smooth" });
  if (far) requestAnimationFrame(() => node.scrollIntoView({ block }));
}
