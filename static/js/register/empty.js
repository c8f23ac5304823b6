/** The register without contracts: what it is for, and the two ways to fill it. */

import { announce } from "../announce.js";
import { Cancelled, newKey } from "../api.js";
import { h, icon, mount } from "../dom.js";
import { button, problem, progressLine } from "../parts.js";
import { IMPORTS } from "../route.js";
import { cancelTask, work } from "../tasks.js";
import * as words from "../words.js";
import { loadOverview } from "./load.js";

/** @returns {HTMLElement} */
export function emptyRegister() {
  const state = h("div", { class: "empty-state" });
  const node = h(
    "div",
    { class: "empty" },
    h(
      "p",
      { class: "lead" },
      "Awards and purchase orders of any number, searched as you type: follow a contractor or a buyer through the years, see the charts, export what you see.",
    ),
    state,
  );
  offer(state);
  return node;
}

function offer(state, error = null) {
  mount(
    state,
    error && h("div", { role: "alert" }, problem(error, { title: "The sample was not loaded" })),
    h(
      "div",
      { class: "empty-ways" },
      h("a", { class: "button primary", id: "to-imports", href: IMPORTS }, icon("upload"), "Import a file"),
      button("Load sample data", () => loadSample(state), { id: "load-sample" }),
    ),
    h(
      "p",
      { class: "hint" },
      "The sample is some 2,000 made-up contracts of a made-up country. It is an import like any other and can be undone.",
    ),
  );
}

async function loadSample(state) {
  const key = newKey();
  const line = progressLine("Loading the sample");
  let task = key;
  line.update({ status: "Loading the sample", progress: null });
  mount(
    state,
    h(
      "div",
      { class: "empty-busy" },
      line.node,
      button("Cancel", () => cancelTask(task).catch(() => {}), { id: "cancel-sample", look: "small" }),
    ),
  );
  announce("Loading the sample.");
  try {
    const onTask = (id) => {
      task = id;
    };
    const answer = await work("/data-ingestion/sample/", {}, { key, onTask, onStatus: (status) => line.update(status) });
    const { imported, processed } = answer.result ?? answer;
    announce(`${words.count(imported ?? processed ?? 0, "contract")} loaded.`);
    await loadOverview();
  } catch (error) {
    offer(state, error instanceof Cancelled ? null : error);
    document.getElementById("load-sample")?.focus();
  }
}
