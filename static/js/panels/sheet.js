/** The text of a section with its highlights. */

import { h, mount, reveal } from "../dom.js";
import { problem, button, skeleton } from "../parts.js";
import { blocks, pieces, unitIndex } from "../ranges.js";
import { reload } from "../desk.js";
import { selectionAction } from "../review/pick.js";
import { wholePage } from "../review/whole-page.js";
import { WHOLE, linkTo } from "../route.js";
import { chooseFromText } from "../selection.js";
import { store } from "../store.js";
import { RISKS } from "../words.js";
import { sheetHead } from "./sheet-head.js";

const PASSAGE = "passage";
let marksOf = new Map(); // key of a finding -> its <mark> elements in order

/** @param {HTMLElement} root the scrolling column */
export function sheetPanel(root) {
  const head = h("header", { class: "sheet-head", id: "sheet-head" });
  const text = h("article", { class: "reading", id: "reading" });
  const whole = h("div", { class: "whole", id: "whole" });
  const paper = h("div", { class: "paper" }, head, text, whole);
  root.append(paper);
  sheetHead(head);
  wholePage(whole);
  selectionAction(paper, text);
  answerToPointer(text);

  let place = "";
  store.on(["section", "passage"], ({ section, passage, active }) => {
    text.hidden = section?.index === WHOLE && section.phase !== "failed";
    whole.hidden = !text.hidden;
    const fresh = drawText(text, section, passage);
    const now = section ? `${section.session}/${section.index}` : "";
    const another = now !== place;
    if (another) root.scrollTop = 0;
    place = section?.phase === "ready" ? now : "";
    paint(store.get());
    if (fresh && passageIn(section, passage)) showMark(PASSAGE);
    else if (another && active) showMark(active);
  });
  let shown = null;
  store.on(["active", "hovered"], (state) => {
    paint(state);
    if (state.active && state.active !== shown) showMark(state.active); // hovering scrolls nothing
    shown = state.active;
  });
  store.on(["view"], ({ view, active, passage }) => {
    if (view === "text") showMark(passage ? PASSAGE : active); // it could not scroll while it was hidden
  });
}

const passageIn = (section, passage) =>
  section?.phase === "ready" && passage?.session === section.session && passage.section === section.index;

let drawn = ""; // what the text was made of: a decision about a finding makes none of it anew

/** Whether the text was drawn anew. */
function drawText(text, section, passage) {
  const now = section?.phase === "ready" ? JSON.stringify([section.session, section.index, section.content.length, marksIn(section), passage]) : "";
  if (now && now === drawn) return false;
  drawn = now;
  marksOf = new Map();
  text.setAttribute("aria-busy", section?.phase === "loading");
  mount(text, contentOf(section, passage));
  return true;
}

function contentOf(section, passage) {
  if (!section) return null;
  if (section.phase === "loading") return [h("p", { class: "hidden-visually" }, "Loading the text"), skeleton(9)];
  if (section.phase === "failed")
    return problem(section.error, { title: "The section could not be loaded", actions: [button("Try again", reload, { look: "primary" })] });
  if (section.phase === "missing")
    return [
      h("p", null, "This document has no such section."),
      h("p", null, h("a", { href: linkTo(section.session, 0) }, "Go to the first one")),
    ];
  if (!section.content.trim())
    return h("p", { class: "reading-empty" }, "This heading has no text of its own. What belongs to it stands in the sections below it.");
  return textNodes(section, store.get().session?.kind, passageIn(section, passage) ? passage : null);
}

/** What of the findings shows in the text. */
const marksIn = ({ findings }) => findings.map(({ key, start, end, risk_level: risk }) => [key, start, end, risk]);

/** The blocks of a section as nodes, with a mark for every highlighted piece. */
function textNodes({ content, findings }, kind, passage) {
  const unit = unitIndex(content);
  const risks = new Map(findings.map((finding) => [finding.key, finding.risk_level]));
  const marks = findings.map(({ key, start, end }) => ({ id: key, start: unit(start), end: unit(end) }));
  if (passage) marks.push({ id: PASSAGE, start: unit(passage.start), end: unit(passage.end) });

  const run = ({ start, end }) => {
    const near = marks.filter((mark) => mark.start < end && mark.end > start);
    if (!near.length) return content.slice(start, end);
    return pieces(start, end, near).map((piece) =>
      piece.ids.length ? markNode(content.slice(piece.start, piece.end), piece.ids, risks) : content.slice(piece.start, piece.end),
    );
  };
  const look = kind === "md" ? "soft" : ""; // Markdown's line ends are no line ends
  return blocks(content, kind === "md" || kind === "txt").map((block) => {
    const from = (range) => ({ "data-start": range.start }); // where a selection stands in the section
    if (block.kind !== "table")
      return h("p", { class: `${block.kind === "item" ? "item" : ""} ${look}`.trim() || null, ...from(block) }, run(block));
    const rows = block.rows.map((row) =>
      h(
        "tr",
        null,
        row.map((cell) => h("td", from(cell), run(cell))),
      ),
    );
    return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" }, h("table", null, h("tbody", null, rows)));
  });
}

function markNode(words, ids, risks) {
  const findings = ids.filter((id) => id !== PASSAGE);
  const risk = RISKS.find((level) => findings.some((id) => risks.get(id) === level));
  const first = findings.find((id) => !marksOf.has(id));
  const node = h(
    "mark",
    {
      class: findings.length ? `finding risk-${risk.toLowerCase()}` : "passage",
      "data-ids": ids.join(" "),
      // one tab stop a finding, however many pieces it is cut into
      ...(first ? { tabindex: "0", role: "button", "aria-describedby": `about-${first}` } : {}),
    },
    words,
  );
  if (findings.length && ids.includes(PASSAGE)) node.classList.add("passage");
  for (const id of ids) marksOf.set(id, [...(marksOf.get(id) ?? []), node]);
  return node;
}

function paint({ active, hovered, section }) {
  const rejected = new Set((section?.findings ?? []).filter((finding) => finding.decision === "rejected").map((finding) => finding.key));
  for (const [id, nodes] of marksOf) {
    for (const node of nodes) {
      const ids = node.dataset.ids.split(" ");
      if (id !== ids[0]) continue; // a shared piece is painted once
      node.classList.toggle("is-active", active !== null && ids.includes(active));
      node.classList.toggle("is-hovered", hovered !== null && ids.includes(hovered));
      node.classList.toggle("is-rejected", ids.every((one) => rejected.has(one)));
    }
  }
}

function showMark(id) {
  const node = marksOf.get(id)?.[0];
  if (node?.checkVisibility?.() ?? node) reveal(node);
}

/** The finding an element of the text stands for; where several overlap, the shortest, which is the hardest to hit. */
function findingAt(target) {
  const mark = target.closest?.("mark.finding");
  if (!mark) return null;
  const ids = mark.dataset.ids.split(" ").filter((id) => id !== PASSAGE);
  const { findings } = store.get().section;
  const length = (id) => {
    const finding = findings.find((candidate) => candidate.key === id);
    return finding.end - finding.start;
  };
  return ids.sort((a, b) => length(a) - length(b))[0];
}

function answerToPointer(text) {
  const hover = (event) => store.set({ hovered: findingAt(event.target) });
  const leave = () => store.set({ hovered: null });
  text.addEventListener("pointerover", hover);
  text.addEventListener("pointerleave", leave);
  text.addEventListener("focusin", hover);
  text.addEventListener("focusout", leave);
  text.addEventListener("click", (event) => {
    const id = findingAt(event.target);
    if (id) chooseFromText(id);
  });
  text.addEventListener("keydown", (event) => {
    const id = event.key === "Enter" || event.key === " " ? findingAt(event.target) : null;
    if (!id) return;
    event.preventDefault();
    chooseFromText(id);
    document.getElementById(`card-${id}`)?.focus();
  });
}
