/** Words of the text that are selected: a button beside them begins a finding about them. */

import { h } from "../dom.js";
import { button } from "../parts.js";
import { store } from "../store.js";
import { startDraft } from "./form.js";

let reading = null;

/** The words selected in the text, as {quote, start} with `start` in code points; null when there are none. */
export function selectedWords() {
  const selection = getSelection();
  const { section } = store.get();
  if (!reading || section?.phase !== "ready" || !selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!reading.contains(range.startContainer) || !reading.contains(range.endContainer)) return null;
  const ends = [placeOf(range.startContainer, range.startOffset), placeOf(range.endContainer, range.endOffset)];
  if (ends.includes(null)) return null;
  let [start, end] = ends;
  const { content } = section;
  while (start < end && /\s/.test(content[start])) start += 1;
  while (end > start && /\s/.test(content[end - 1])) end -= 1;
  if (start >= end) return null;
  return { quote: content.slice(start, end), start: [...content.slice(0, start)].length };
}

/** Where a point of the page stands in the section's text, in its own units; null when that can't be said. */
function placeOf(node, offset) {
  const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  const block = element.closest("[data-start]");
  if (!block) return betweenBlocks(node, offset);
  const before = document.createRange();
  before.setStart(block, 0);
  before.setEnd(node, offset);
  return Number(block.dataset.start) + before.toString().length;
}

/** A selection of whole paragraphs ends between two of them. */
function betweenBlocks(node, offset) {
  const next = node.childNodes[offset];
  const block = next?.nodeType === Node.ELEMENT_NODE ? (next.matches("[data-start]") ? next : next.querySelector("[data-start]")) : null;
  if (block) return Number(block.dataset.start);
  const last = [...reading.querySelectorAll("[data-start]")].at(-1);
  return last && node.contains(last) ? Number(last.dataset.start) + last.textContent.length : null;
}

/** Begin a finding of one's own: about the words selected, or about the section. */
export function draftHere() {
  const words = selectedWords();
  getSelection().removeAllRanges();
  startDraft(words ?? {});
}

/** @param {HTMLElement} paper what the button stands on @param {HTMLElement} text the words that may be selected */
export function selectionAction(paper, text) {
  reading = text;
  const node = h("div", { class: "pick", hidden: true }, button("Add finding", draftHere, { id: "pick", look: "primary small", glyph: "plus" }));
  node.addEventListener("pointerdown", (event) => event.preventDefault()); // or the selection would be gone before the click
  paper.append(node);
  let timer = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 120);
  });

  function show() {
    const words = selectedWords();
    if (node.contains(document.activeElement) && !words) return;
    node.hidden = !words;
    if (!words) return;
    const boxes = getSelection().getRangeAt(0).getClientRects();
    const last = boxes[boxes.length - 1];
    const paperBox = paper.getBoundingClientRect();
    if (!last) return;
    node.style.top = `${last.bottom - paperBox.top + 6}px`;
    node.style.left = `${Math.max(8, Math.min(last.right - paperBox.left - 40, paperBox.width - 150))}px`;
  }
}
