/** The findings of the section: counts by risk, and a card for each. */

import { isActive, jobOf } from "../analysis.js";
import { h, icon, mount, reveal } from "../dom.js";
import { button, skeleton } from "../parts.js";
import { visibleFindings } from "../selection.js";
import { store } from "../store.js";
import { RISKS, ago, count } from "../words.js";
import { findingCard } from "./finding-card.js";
import { analyzeShown } from "./sheet-head.js";

/** @param {HTMLElement} root @param {HTMLElement} tab the tab that names the panel */
export function findingsPanel(root, tab) {
  let cards = new Map(); // id -> card
  let drawn = "";
  store.on(["section", "risks", "jobs"], (state) => {
    const { section } = state;
    const job = section ? jobOf(state, section.session, section.index) : null;
    const findings = visibleFindings(state);
    tab.replaceChildren(
      "Findings",
      section?.phase === "ready" && section.analyzedAt !== null ? h("span", { class: "tab-count" }, String(section.findings.length)) : "",
    );
    const now = { section, risks: state.risks, busy: isActive(job) };
    if (drawn && drawn.section === now.section && drawn.risks === now.risks && drawn.busy === now.busy) return; // a step of progress changes nothing here
    drawn = now;
    cards = new Map(findings.map((finding) => [finding.id, findingCard(finding, state.session?.checks ?? {})]));
    mount(root, ...content(section, state.risks, now.busy, [...cards.values()]));
    paint(cards, state);
  });
  store.on(["active", "hovered"], (state) => {
    paint(cards, state);
    const card = cards.get(state.active);
    if (card?.checkVisibility?.() ?? card) reveal(card, "nearest");
  });
  store.on(["view", "side"], ({ active }) => {
    const card = cards.get(active);
    if (card?.checkVisibility?.() ?? card) card.scrollIntoView({ block: "nearest" });
  });
}

function paint(cards, { active, hovered }) {
  for (const [id, card] of cards) {
    card.classList.toggle("is-active", id === active);
    card.classList.toggle("is-hovered", id === hovered);
    if (id === active) card.setAttribute("aria-current", "true");
    else card.removeAttribute("aria-current");
  }
}

function content(section, risks, busy, cards) {
  if (!section || section.phase === "missing") return [empty("flag", "No section is open.", "")];
  if (section.phase === "failed") return [empty("flag", "Nothing to show.", "The section could not be loaded.")];
  if (section.phase === "loading") return [skeleton(4)];
  if (busy && section.analyzedAt === null)
    return [
      h("p", { class: "panel-lead" }, "Findings appear here when the analysis is done. You may read on, or open other sections meanwhile."),
      skeleton(5),
    ];
  if (section.analyzedAt === null) {
    if (!section.content.trim()) return [empty("flag", "Nothing to analyze", "This section has no text.")];
    return [
      empty(
        "flag",
        "Not analyzed yet",
        "The reviewer reads this section against the checklist and quotes the words each finding is about.",
        button("Analyze this section", analyzeShown, { id: "analyze-here" }),
      ),
    ];
  }
  const notes = section.warnings.map((warning) => h("p", { class: "panel-note" }, icon("alert"), warning));
  const dropped =
    section.dropped > 0 &&
    h(
      "p",
      { class: "panel-small" },
      `${count(section.dropped, "further remark")} left out: not sure enough, or the quoted words aren't in the section.`,
    );
  if (!section.findings.length) {
    return [
      ...notes,
      empty(
        "check",
        "No findings",
        `${section.reviewer ?? "The reviewer"} read this section ${ago(section.analyzedAt)} and has nothing to remark.`,
      ),
      dropped,
    ];
  }
  const none = !cards.length && h("p", { class: "panel-lead" }, "No findings of this risk.");
  return [...notes, riskFilter(section.findings, risks), none, h("div", { class: "cards" }, cards), dropped];
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

function riskFilter(findings, risks) {
  const buttons = RISKS.map((risk) => {
    const amount = findings.filter((finding) => finding.risk_level === risk).length;
    const pressed = risks.includes(risk);
    const toggle = () => store.set({ risks: pressed ? risks.filter((other) => other !== risk) : [...risks, risk] });
    return h(
      "button",
      {
        type: "button",
        id: `only-${risk}`,
        class: `risk-count risk-${risk.toLowerCase()}`,
        "aria-pressed": String(pressed),
        disabled: amount === 0,
        onClick: toggle,
        title: `Show only ${risk.toLowerCase()} risk`,
      },
      h("strong", null, String(amount)),
      ` ${risk}`,
      h("span", { class: "hidden-visually" }, " risk"),
    );
  });
  return h("div", { class: "risk-counts", role: "group", "aria-label": "Findings by risk; press to show only these" }, buttons);
}
