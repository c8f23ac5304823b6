/** The charts, each with its table: a choice of what is shown, the picture, the figures behind it. */

import { announce } from "../announce.js";
import { h, mount } from "../dom.js";
import { problem } from "../parts.js";
import { go } from "../route.js";
import { timeTable } from "./chart-table.js";
import { linkOf } from "./drill.js";
import { dimensionOf } from "./load.js";
import { linkToQuery } from "./query.js";
import { ranking } from "./ranking.js";
import { register } from "./state.js";
import { draw } from "./vega.js";
import { waiting } from "./waiting.js";

const NAMES = {
  trend_year: "Years",
  trend_quarter: "Quarters",
  trend_month: "Months",
  contractors: "Contractors",
  organizations: "Organizations",
  areas: "Areas",
  business_categories: "Categories",
  shares: "Shares",
};
/** @returns {HTMLElement} */
export function chartView() {
  const names = h("nav", { class: "chart-names", "aria-label": "Charts" });
  const measure = h("div", { class: "segments", role: "group", "aria-label": "Measured by" });
  const title = h("h2", { class: "chart-title", id: "chart-title" });
  const words = h("p", { class: "chart-words", id: "chart-words" });
  const picture = h("div", { class: "chart-picture", role: "img", "aria-labelledby": "chart-title", "aria-describedby": "chart-words" });
  const trouble = h("div", { class: "chart-trouble" });
  const paper = h("figure", { class: "chart-paper", hidden: true }, h("figcaption", null, title, words), picture, trouble);
  const times = h("div", { class: "chart-figures", id: "chart-figures" });
  const ranks = ranking();
  const node = h(
    "div",
    { class: "charts" },
    h("div", { class: "charts-head" }, names, measure),
    waiting("charts", "Drawing the chart"),
    h("div", { class: "charts-body" }, paper, times, ranks),
  );

  let drawn = null; // the data the picture was made from
  let finalize = null;
  register.on(["query"], ({ query }) => {
    drawNames(names, query);
    drawMeasure(measure, query);
    const isTime = dimensionOf(query.chart) === null;
    times.hidden = !isTime;
    ranks.hidden = isTime;
  });
  register.on(["charts", "query"], ({ charts, query }) => {
    node.setAttribute("aria-busy", String(charts?.phase === "loading"));
    if (query.view !== "charts") return;
    const { data } = charts ?? {};
    if (!data || data === drawn) return;
    drawn = data;
    paper.hidden = false;
    mount(title, data.title);
    mount(words, data.text);
    mount(trouble);
    mount(times, dimensionOf(data.chart) === null ? timeTable(data, (filter) => linkOf(data.chart, filter)) : null);
    paint(data);
  });

  async function paint(data) {
    finalize?.();
    finalize = null;
    try {
      const done = await draw(picture, data.spec, (filter) => drill(data.chart, filter));
      if (data === drawn) finalize = done;
      picture.hidden = false;
    } catch (error) {
      if (data !== drawn) return;
      picture.hidden = true;
      mount(trouble, problem({ message: error.message ?? String(error), hint: error.hint }, { title: "The chart could not be drawn" }));
    }
  }
  return node;
}

function drill(chart, filter) {
  go(linkOf(chart, filter));
  announce("Narrowed down to what you chose.");
}

function drawNames(root, query) {
  mount(
    root,
    Object.entries(NAMES).map(([chart, name]) =>
      h(
        "a",
        {
          href: linkToQuery({ view: "charts", chart, rankPage: 1 }, query),
          class: "chart-name",
          id: `chart-${chart}`,
          "aria-current": chart === query.chart ? "page" : null,
        },
        name,
      ),
    ),
  );
}

function drawMeasure(root, query) {
  const byCount = query.rank === "count";
  const choice = (id, label, chosen, rank) =>
    h(
      "button",
      {
        type: "button",
        class: "segment",
        id,
        "aria-pressed": String(chosen),
        onClick: () => go(linkToQuery({ rank, rankDirection: "desc", rankPage: 1 }, register.get().query)),
      },
      label,
    );
  mount(root, choice("by-value", "Value", !byCount, "total_value"), choice("by-number", "Number", byCount, "count"));
}
