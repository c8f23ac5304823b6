/** The filters above the findings, each choice with how many it would show. */

import { h, mount } from "../dom.js";
import { menu } from "../menu.js";
import { button } from "../parts.js";
import { WHOLE } from "../route.js";
import { RISKS, count, number } from "../words.js";
import { STATES, clearFilters, countable, isFiltered, setFilters, shownFindings, tally, toggleFilter } from "./filters.js";

/** @returns {{node: HTMLElement, update: function(Object): void}} */
export function filterBar() {
  const scope = h("div", { class: "scope", role: "group", "aria-label": "Findings of" });
  const risks = h("div", { class: "risk-counts", role: "group", "aria-label": "Findings by risk; press to show only these" });
  const states = h("div", { class: "state-counts", role: "group", "aria-label": "Findings by state; press to show only these" });
  const choices = h("div", { class: "category-list", role: "group", "aria-label": "Categories" });
  const categories = menu("Category", [choices], { id: "filter-category", look: "small" });
  const rest = h("div", { class: "filter-rest" });
  const row = h("div", { class: "filter-row" }, rest, categories.node);
  return {
    node: h("div", { class: "filters", role: "search", "aria-label": "Findings" }, scope, risks, states, row),
    update(state) {
      const { filters, review, section } = state;
      const all = countable(state);
      const shown = shownFindings(state);
      const none = !all.length && !isFiltered(filters);
      risks.hidden = states.hidden = row.hidden = none;
      mount(scope, scopeButtons(filters, section, review));
      if (none) return;
      mount(risks, riskButtons(filters, tally(all, filters, "risk")));
      mount(states, stateButtons(filters, tally(all, filters, "state")));
      mount(choices, categoryBoxes(filters, tally(all, filters, "category")));
      categories.node.querySelector("summary span").textContent = filters.category.length ? `Category: ${filters.category.length}` : "Category";
      mount(
        rest,
        h("span", { class: "filter-shown" }, isFiltered(filters) ? `${number(shown.length)} of ${count(all.length, "finding")}` : count(all.length, "finding")),
        isFiltered(filters) && button("Show all", clearFilters, { look: "small quiet", id: "clear-filters" }),
      );
    },
  };
}

function scopeButtons(filters, section, review) {
  const here = section?.index === WHOLE ? "Document" : "This section";
  const amounts = { section: section?.phase === "ready" ? section.findings.length : null, all: review?.items?.length ?? null };
  const choice = (value, label) =>
    h(
      "button",
      {
        type: "button",
        id: `scope-${value}`,
        class: "scope-choice",
        "aria-pressed": String(filters.scope === value),
        onClick: () => setFilters({ scope: value }),
      },
      label,
      amounts[value] !== null && h("span", { class: "tab-count" }, number(amounts[value])),
    );
  return [choice("section", here), choice("all", "All")];
}

function riskButtons(filters, counts) {
  return RISKS.map((risk) => {
    const amount = counts.get(risk) ?? 0;
    const pressed = filters.risk.includes(risk);
    return h(
      "button",
      {
        type: "button",
        id: `only-${risk}`,
        class: `risk-count risk-${risk.toLowerCase()}`,
        "aria-pressed": String(pressed),
        disabled: amount === 0 && !pressed,
        onClick: () => toggleFilter("risk", risk),
        title: `Show only ${risk.toLowerCase()} risk`,
      },
      h("strong", null, number(amount)),
      ` ${risk}`,
      h("span", { class: "hidden-visually" }, " risk"),
    );
  });
}

function stateButtons(filters, counts) {
  return Object.entries(STATES).map(([state, label]) => {
    const amount = counts.get(state) ?? 0;
    const pressed = filters.state.includes(state);
    return h(
      "button",
      {
        type: "button",
        id: `only-${state}`,
        class: "state-count",
        "aria-pressed": String(pressed),
        disabled: amount === 0 && !pressed,
        onClick: () => toggleFilter("state", state),
      },
      `${label} `,
      h("strong", null, number(amount)),
    );
  });
}

function categoryBoxes(filters, counts) {
  const names = [...new Set([...counts.keys(), ...filters.category])].sort();
  return names.map((name, place) =>
    h(
      "label",
      { class: "check" },
      h("input", {
        type: "checkbox",
        id: `category-${place}`,
        checked: filters.category.includes(name),
        onChange: () => toggleFilter("category", name),
      }),
      h("span", null, name),
      h("span", { class: "category-count" }, number(counts.get(name) ?? 0)),
    ),
  );
}
