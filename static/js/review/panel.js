/** The findings: filters, a card for each, and what was decided last. Cards are made as far as they are looked at. */

import { isActive, jobOf } from "../analysis.js";
import { h, icon, mount, reveal } from "../dom.js";
import { button, problem, skeleton } from "../parts.js";
import { analyzeShown } from "../panels/sheet-head.js";
import { unlessPressed } from "../press.js";
import { WHOLE, linkTo } from "../route.js";
import { store } from "../store.js";
import { ago, count, number } from "../words.js";
import { findingCard } from "./card.js";
import { redo, undo } from "./decide.js";
import { filterBar } from "./filter-bar.js";
import { clearFilters, countable, isFiltered, shownFindings } from "./filters.js";
import { loadFindings } from "./findings.js";
import { draftForm, startDraft } from "./form.js";
import { goTo } from "./steps.js";

const FIRST = 24; // cards made at once
const MORE = 20; // and each time the end comes near

/** @param {HTMLElement} root @param {HTMLElement} tab the tab that names the panel */
export function findingsPanel(root, tab) {
  const bar = filterBar();
  const tools = h(
    "div",
    { class: "finding-tools" },
    button("Add finding", () => startDraft(), { id: "add-finding", look: "small", glyph: "plus" }),
  );
  const draft = h("div", { class: "draft-place" });
  const lead = h("div", { class: "findings-lead" });
  const cards = cardList(root);
  const foot = h("div", { class: "findings-foot" });
  const last = lastDecision();
  root.append(h("div", { class: "findings-head" }, tools, bar.node), draft, lead, cards.node, foot, last);

  let drawn = {};
  store.on(["section", "review", "filters", "jobs", "notes", "editing", "reachable", "session"], (state) => {
    const { section, review, filters, editing } = state;
    const now = { section, review, filters, editing, notes: state.notes, busy: isBusy(state), reachable: state.reachable };
    if (Object.keys(now).every((key) => drawn[key] === now[key])) return; // a step of progress changes nothing here
    const list = shownFindings(state);
    const where = `${filters.scope === "all" ? review?.session : `${section?.session}/${section?.index}`}`;
    mount(
      tab,
      "Findings",
      section?.phase === "ready" && section.analyzedAt !== null ? h("span", { class: "tab-count" }, number(section.findings.length)) : "",
    );
    tools.hidden = section?.phase !== "ready";
    bar.node.hidden = !section || (section.phase !== "ready" && filters.scope === "section");
    if (!bar.node.hidden) bar.update(state);
    if (drawn.editing !== editing) mount(draft, editing?.draft && draftForm(editing));
    mount(lead, leadOf(state, list, now.busy));
    cards.update(list, state, where);
    mount(foot, footOf(state, list));
    drawn = now;
  });
  let revealed = null;
  store.on(["active", "hovered"], (state) => {
    cards.paint(state);
    if (state.active === revealed) return; // hovering scrolls nothing
    revealed = state.active;
    const card = cards.find(state.active);
    if (card?.checkVisibility?.() ?? card) reveal(card, "nearest");
  });
  store.on(["view", "side"], ({ active }) => {
    const card = active && cards.find(active);
    if (card?.checkVisibility?.() ?? card) card.scrollIntoView({ block: "nearest" });
  });
}

/** Whether the section shown is being analyzed, by itself or with the whole document. */
function isBusy(state) {
  const { section, session } = state;
  if (!section) return false;
  if (isActive(jobOf(state, section.session, section.index))) return true;
  const row = session?.sections?.find(({ index }) => index === section.index);
  return isActive(jobOf(state, section.session, WHOLE)) && (row?.state === "waiting" || row?.state === "running");
}

/** The cards of a list, made as far as somebody has come; those that stay the same are kept. */
function cardList(box) {
  const node = h("div", { class: "cards" });
  const more = h("div", { class: "cards-more" });
  const made = new Map(); // key -> {from: what it was made of, card}
  let list = [];
  let state = null;
  let limit = FIRST;
  let where = "";
  let painted = [];

  const watcher = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && grow(), {
    root: box,
    rootMargin: "1200px",
  });

  function grow(to = limit + MORE) {
    if (limit >= list.length) return;
    limit = Math.max(limit, to);
    draw();
  }

  function cardOf(finding) {
    const note = state.notes[finding.key] ?? null;
    const from = [finding, note, state.editing?.key === finding.key, Boolean(note) && !state.reachable, state.session?.checks];
    const known = made.get(finding.key);
    if (known && known.from.every((part, place) => part === from[place])) return known.card;
    const [, , editing, offline, titles] = from;
    const card = findingCard(finding, { titles: titles ?? {}, note, editing, offline });
    made.set(finding.key, { from, card });
    return card;
  }

  function draw() {
    const nodes = [];
    let section = null;
    for (const finding of list.slice(0, limit)) {
      if (state.filters.scope === "all" && finding.section_index !== section) nodes.push(sectionLine(state.session, finding.section_index));
      section = finding.section_index;
      nodes.push(cardOf(finding));
    }
    arrange(node, nodes);
    const left = list.length - Math.min(limit, list.length);
    mount(more, left > 0 && button(`Show more of ${count(list.length, "finding")}`, () => grow(), { id: "more-findings", look: "small" }));
    watcher.disconnect(); // looked at again, it tells at once whether the end is still near
    if (left > 0) watcher.observe(more);
    paint(state);
  }

  function paint({ active, hovered }) {
    for (const key of painted) {
      const card = made.get(key)?.card;
      card?.classList.remove("is-active", "is-hovered");
      card?.removeAttribute("aria-current");
    }
    painted = [active, hovered].filter(Boolean);
    made.get(hovered)?.card.classList.add("is-hovered");
    made.get(active)?.card.classList.add("is-active");
    made.get(active)?.card.setAttribute("aria-current", "true");
  }

  return {
    node: h("div", null, node, more),
    update(newList, newState, newWhere) {
      if (newWhere !== where) {
        limit = FIRST;
        made.clear();
        if (newState.filters.scope !== "all") box.scrollTop = 0;
      }
      where = newWhere;
      list = newList;
      state = newState;
      const keys = new Set(list.map((finding) => finding.key));
      if (made.size > 2 * list.length + FIRST) for (const key of made.keys()) if (!keys.has(key)) made.delete(key);
      draw();
    },
    paint,
    /** The card of a finding, made if it isn't yet; null for one that isn't listed. */
    find(key) {
      const place = key ? list.findIndex((finding) => finding.key === key) : -1;
      if (place < 0) return null;
      if (place >= limit) grow(place + MORE);
      return made.get(key)?.card ?? null;
    },
  };
}

/** Have a node hold these children in this order, touching none that is in its place already; the focus goes to who stands in for it. */
function arrange(node, children) {
  unlessPressed(node, () => arrangeNow(node, children));
}

function arrangeNow(node, children) {
  const focused = node.contains(document.activeElement) ? document.activeElement.id : "";
  const staying = new Set(children);
  for (const child of [...node.children]) if (!staying.has(child)) child.remove();
  let place = node.firstChild;
  for (const child of children) {
    if (child === place) place = place.nextSibling;
    else node.insertBefore(child, place);
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

const lines = new Map(); // the session's rows -> lines that name them, so that a list drawn again keeps them

function sectionLine(session, index) {
  const name = index === WHOLE ? "Whole document" : (session?.sections?.find((row) => row.index === index)?.name ?? "");
  const id = `${session?.id}/${index}`;
  if (!lines.has(id)) {
    if (lines.size > 2000) lines.clear();
    lines.set(id, h("p", { class: "cards-section" }, h("a", { href: linkTo(session.id, index) }, name)));
  }
  return lines.get(id);
}

function empty(glyph, title, words, action = null) {
  return h(
    "div",
    { class: "empty" },
    h("span", { class: "empty-mark" }, icon(glyph)),
    h("p", { class: "empty-title" }, title),
    words && h("p", null, words),
    action,
  );
}

/** What stands above the cards, or in their place. */
function leadOf(state, list, busy) {
  const { section, filters, review, editing } = state;
  if (filters.scope === "all") return leadOfAll(review, list, filters);
  if (!section || section.phase === "missing") return empty("flag", "No section is open.", "");
  if (section.phase === "failed") return empty("flag", "Nothing to show.", "The section could not be loaded.");
  if (section.phase === "loading") return skeleton(4);
  const notes = section.warnings.map((warning) => h("p", { class: "panel-note" }, icon("alert"), warning));
  if (list.length || editing?.draft) return notes;
  if (isFiltered(filters) && countable(state).length) return [notes, h("p", { class: "panel-lead" }, "No finding is like that.")];
  if (busy && section.analyzedAt === null)
    return [
      h("p", { class: "panel-lead" }, "Findings appear here when the analysis is done. You may read on, or open other sections meanwhile."),
      skeleton(5),
    ];
  if (section.index === WHOLE) return [notes, leadOfWhole(section)];
  if (section.analyzedAt === null) {
    if (!section.content.trim()) return empty("flag", "Nothing to analyze", "This section has no text.");
    return empty(
      "flag",
      "Not analyzed yet",
      "The reviewer reads this section against the checklist and quotes the words each finding is about.",
      button("Analyze this section", analyzeShown, { id: "analyze-here" }),
    );
  }
  const by = `${section.reviewer ?? "The reviewer"} read this section ${ago(section.analyzedAt)} and has nothing to remark.`;
  return [notes, empty("check", "No findings", by)];
}

function leadOfWhole(section) {
  if (section.analyzedAt === null)
    return empty(
      "flag",
      "Not analyzed yet",
      "Once its sections are read, the document is looked at as a whole: what contradicts itself, what is missing, what is used before it is defined.",
    );
  return empty("check", "No findings", "Nothing to remark on the document as a whole. The sections have findings of their own.");
}

function leadOfAll(review, list, filters) {
  if (!review || (review.phase === "loading" && !review.items))
    return [h("p", { class: "hidden-visually", role: "status" }, "Loading the findings"), skeleton(6)];
  if (review.phase === "failed")
    return problem(review.error, {
      title: "The findings could not be loaded",
      actions: [button("Try again", () => loadFindings(review.session), { id: "reload-findings", look: "small" })],
    });
  if (list.length) return review.truncated ? h("p", { class: "panel-note" }, icon("alert"), "There are more than are listed here: look at the sections one by one.") : null;
  if (isFiltered(filters))
    return h("div", { class: "panel-lead" }, h("p", null, "No finding is like that."), button("Show all", clearFilters, { id: "show-all", look: "small" }));
  return empty("flag", "No findings yet", "What the reviewer finds in any section is listed here, and what you add yourself.");
}

function footOf({ section, filters }, list) {
  if (filters.scope === "all" || section?.phase !== "ready" || !section.dropped || (!list.length && !section.findings.length && section.analyzedAt === null))
    return null;
  return h(
    "p",
    { class: "panel-small" },
    `${count(section.dropped, "further remark")} left out: not sure enough, or the quoted words aren't in the section.`,
  );
}

/** What was done last, with a way back; it stays at the bottom of the panel. */
function lastDecision() {
  const node = h("div", { class: "last-decision", hidden: true });
  store.on(["lastDecision"], ({ lastDecision: done }) => {
    node.hidden = !done;
    mount(
      node,
      done && h("p", null, done.text),
      done?.canRedo && button("Redo", redoShown, { id: "redo", look: "small" }),
      done?.canUndo && button("Undo", undoShown, { id: "undo", look: "small", glyph: "undo" }),
    );
  });
  return node;
}

/** Undo, and go to the finding it was about. */
export async function undoShown() {
  const finding = await undo();
  if (finding) goTo(finding.key);
}

/** Redo, and go to the finding it was about. */
export async function redoShown() {
  const finding = await redo();
  if (finding) goTo(finding.key);
}
