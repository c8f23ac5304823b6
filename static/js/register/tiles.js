/** The summary: how many contracts, what they are worth together and on average, over which years. */

import { h, mount, svg } from "../dom.js";
import { about, amount, plain } from "./figures.js";
import { register } from "./state.js";

/** @param {HTMLElement} root */
export function tiles(root) {
  register.on(["totals"], ({ totals }) => {
    root.setAttribute("aria-busy", String(totals?.phase === "loading"));
    if (!totals?.data)
      return mount(
        root,
        ["Contracts", "Total value", "Average value", "By year"].map((label) =>
          tile(label, h("span", { class: "tile-empty" }, "\u2007"), ""),
        ),
      );
    const { summary, by_year: years } = totals.data.results;
    const dated = years.filter(({ label }) => /^\d{4}$/.test(label)).sort((a, b) => a.label.localeCompare(b.label));
    return mount(
      root,
      tile("Contracts", plain(summary.count), ""),
      tile("Total value", about(summary.total_value), amount(summary.total_value)),
      tile(
        "Average value",
        summary.avg_value === null ? "–" : about(summary.avg_value),
        summary.avg_value === null ? "" : amount(summary.avg_value),
      ),
      tile("By year", yearsWords(dated), "", sparkline(dated)),
    );
  });
}

function tile(label, figure, exact, picture = null) {
  const shown = exact && exact !== figure;
  return h(
    "div",
    { class: "tile" },
    h("dt", { class: "tile-label" }, label),
    h("dd", { class: "tile-figure" }, figure, shown && h("span", { class: "tile-exact" }, exact), picture),
  );
}

function yearsWords(years) {
  if (!years.length) return "–";
  const [first, last] = [years[0].label, years.at(-1).label];
  return first === last ? first : `${first} – ${last}`;
}

/** Bars of the number of contracts a year; the chart of years says the same in figures. */
function sparkline(years) {
  if (years.length < 2) return null;
  const first = Number(years[0].label);
  const span = Number(years.at(-1).label) - first + 1;
  if (span > 80) return null;
  const places = Math.max(span, 8); // so that few bars stay narrow
  const most = Math.max(...years.map(({ count }) => count));
  const bars = years.map(({ label, count }) => {
    const height = Math.max(1, (count / most) * 30);
    return svg("rect", { x: (Number(label) - first) * 6, y: 30 - height, width: 4.6, height, rx: 0.8 });
  });
  return svg("svg", { class: "sparkline", viewBox: `0 0 ${places * 6} 30`, preserveAspectRatio: "none", "aria-hidden": "true" }, bars);
}
