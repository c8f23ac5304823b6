/** A small chart of stacked bars, drawn as SVG, with the same numbers as a table for those who don't see it. */

import { h, svg } from "./dom.js";

const WIDTH = 600;
const HEIGHT = 170;
const LEFT = 44;
const BOTTOM = 28;
const TOP = 8;
const GAP = 0.22; // of a bar's place

/**
 * @param {{label: string, title: string, values: Object<string, number>}[]} bars from left to right
 * @param {{key: string, name: string}[]} series from the bottom up
 * @param {{label: string, unit: string, summary: string}} words what the chart shows, what a row is, and what it says
 */
export function stackedBars(bars, series, { label, unit, summary }) {
  const most = Math.max(1, ...bars.map((bar) => sum(bar, series)));
  const top = niceTop(most);
  const place = (WIDTH - LEFT) / bars.length;
  const scale = (HEIGHT - TOP - BOTTOM) / top;
  const base = HEIGHT - BOTTOM;
  const marks = [0, top / 2, top].filter((value) => Number.isInteger(value));
  const picture = svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${label}. ${summary}` },
    marks.map((value) => [
      svg("line", { class: "chart-line", x1: LEFT, x2: WIDTH, y1: base - value * scale, y2: base - value * scale }),
      svg("text", { class: "chart-mark", x: LEFT - 6, y: base - value * scale + 6, "text-anchor": "end" }, String(value)),
    ]),
    bars.map((bar, index) => column(bar, series, { index, x: LEFT + index * place, place, base, scale })),
  );
  return h(
    "figure",
    { class: "chart-figure" },
    h("figcaption", { class: "chart-caption" }, h("span", { class: "chart-label" }, label), legend(series)),
    picture,
    h("details", { class: "chart-numbers" }, h("summary", null, "The numbers as a table"), table(bars, series, { label, unit })),
  );
}

function column(bar, series, { index, x, place, base, scale }) {
  let y = base;
  const parts = series.map(({ key }) => {
    const height = (bar.values[key] ?? 0) * scale;
    y -= height;
    return (
      height > 0 && svg("rect", { class: `chart-bar is-${key}`, x: x + (place * GAP) / 2, y, width: place * (1 - GAP), height, rx: 1.5 })
    );
  });
  return [
    svg("g", null, svg("title", null, bar.title), parts),
    bar.label && svg("text", { class: "chart-mark", x: index ? x + place : x, y: HEIGHT - 5, "text-anchor": index ? "end" : "start" }, bar.label),
  ];
}

const sum = (bar, series) => series.reduce((total, { key }) => total + (bar.values[key] ?? 0), 0);

/** The end of the axis: 2, 4, 10, 20, 40, 100 and so on, so that its middle is a whole number too. */
function niceTop(most) {
  for (let size = 1; ; size *= 10) for (const step of [2, 4, 10]) if (most <= step * size) return step * size;
}

function legend(series) {
  return h(
    "span",
    { class: "chart-legend" },
    series.map(({ key, name }) => h("span", { class: `chart-key is-${key}` }, name)),
  );
}

function table(bars, series, { label, unit }) {
  return h(
    "table",
    { class: "numbers" },
    h("caption", { class: "hidden-visually" }, label),
    h("thead", null, h("tr", null, h("th", { scope: "col" }, unit), series.map(({ name }) => h("th", { scope: "col" }, name)))),
    h(
      "tbody",
      null,
      bars.map((bar) =>
        h("tr", null, h("th", { scope: "row" }, bar.time), series.map(({ key }) => h("td", null, String(bar.values[key] ?? 0)))),
      ),
    ),
  );
}
