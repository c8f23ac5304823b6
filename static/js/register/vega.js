/** Draws the charts that the server describes. What draws them is large and loaded only when a chart is shown. */

import { ApiError } from "../api.js";

const BUNDLE = new URL("../../vendor/vega.js", import.meta.url).href;
let loading = null;

function load() {
  loading ??= import(BUNDLE).then(
    () => window.vegaEmbed,
    () => {
      loading = null;
      throw new ApiError({
        code: "no_charts",
        message: "What draws the charts could not be loaded.",
        hint: "The table beside the chart has the same figures. If it stays like this, run make setup on the server.",
      });
    },
  );
  return loading;
}

/**
 * Draw a chart into a node; resolves to a function that takes it away.
 *
 * @param {HTMLElement} node
 * @param {Object} spec Vega-Lite
 * @param {function(Object): void} onFilter hears what a mark that was clicked stands for
 */
export async function draw(node, spec, onFilter) {
  const embed = await load();
  const { view, finalize } = await embed(node, spec, {
    ast: true, // expressions are interpreted: the page runs no code made from text
    actions: false,
    renderer: "svg",
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true, theme: "custom" },
  });
  view.addEventListener("click", (event, item) => {
    const filter = item?.datum?.filter;
    if (filter) onFilter(filter);
  });
  return finalize;
}
