/** The text of a section with its highlights. */

import { h, mount, reveal } from "../dom.js";
import { problem, button, skeleton } from "../parts.js";
import { blocks, pieces, unitIndex } from "../ranges.js";
import { reload } from "../desk.js";
import { linkTo } from "../route.js";
import { chooseFromText } from "../selection.js";
import { store } from "../store.js";
import { RISKS } from "../words.js";
import { sheetHead } from "./sheet-head.js";

const PASSAGE = "passage";
let marksOf = new Map(); // id of a finding -> its <mark> elements in order

/** @param {HTMLElement} root the scrolling column */
export function sheetPanel(root) {
  const head = h("header", { class: "sheet-head", id: "sheet-head" });
  const text = h("article", { class: "reading", id: "reading" });
  root.append(h("div", { class: "paper" }, head, text));
  sheetHead(head);
  answerToPointer(text);

  let place = "";
  store.on(["section", "passage"], ({ section, passage }) => {
    drawText(text, section, passage);
    const now = section ? `${section.session}/${section.index}` : "";
    if (now !== place) root.scrollTop = 0;
    place = now;
    paint(store.get());
    if (passageIn(section, passage)) showMark(PASSAGE);
  });
  store.on(["active", "hovered"], (state) => {
    paint(state);
    if (state.active) showMark(state.active);
  });
  store.on(["view"], ({ view, active, passage }) => {
    if (view === "text") showMark(passage ? PASSAGE : active); // it could not scroll while it was hidden
  });
}

const passageIn = (section, passage) =>
  section?.phase === "ready" && passage?.session === section.session && passage.section === section.index;

function drawText(text, section, passage) {
  marksOf = new Map();
  text.setAttribute("aria-busy", section?.phase === "loading");
  if (!section) return mount(text);
  if (section.phase === "loading") return mount(text, h("p", { class: "hidden-visually" }, "Loading the text"), skeleton(9));
  if (section.phase === "failed")
    return mount(
      text,
      problem(section.error, { title: "The section could not be loaded", actions: [button("Try again", reload, { look: "primary" })] }),
    );
  if (section.phase === "missing") {
    return mount(
      text,
      h("p", null, "This document has no such section."),
      h("p", null, h("a", { href: linkTo(section.session, 0) }, "Go to the first one")),
    );
  }
  if (!section.content.trim())
    return mount(
      text,
      h("p", { class: "reading-empty" }, "This heading has no text of its own. What belongs to it stands in the sections below it."),
    );
  return mount(text, textNodes(section, store.get().session?.kind, passageIn(section, passage) ? passage : null));
}

/** The blocks of a section as nodes, with a mark for every highlighted piece. */
function textNodes({ content, findings }, kind, passage) {
  const unit = unitIndex(content);
  const risks = new Map(findings.map((finding) => [finding.id, finding.risk_level]));
  const marks = findings.map(({ id, start, end }) => ({ id, start: unit(start), end: unit(end) }));
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
    if (block.kind !== "table") return h("p", { class: `${block.kind === "item" ? "item" : ""} ${look}`.trim() || null }, run(block));
    const rows = block.rows.map((row) =>
      h(
        "tr",
        null,
        row.map((cell) => h("td", null, run(cell))),
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

function paint({ active, hovered }) {
  for (const [id, nodes] of marksOf) {
    for (const node of nodes) {
      const ids = node.dataset.ids.split(" ");
      if (id !== ids[0]) continue; // a shared piece is painted once
      node.classList.toggle("is-active", active !== null && ids.includes(active));
      node.classList.toggle("is-hovered", hovered !== null && ids.includes(hovered));
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
    const finding = findings.find((candidate) => candidate.id === id);
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
