/** Export of what is shown: how much it is, in which format, then the work with its progress and the link to the file. */

import { announce } from "../announce.js";
import { Cancelled, postJson } from "../api.js";
import { h, mount, setText } from "../dom.js";
import { menu } from "../menu.js";
import { button, problem, progressLine } from "../parts.js";
import * as words from "../words.js";
import { CONTRACTS, ask } from "./ask.js";
import { filtersOf } from "./query.js";
import { register } from "./state.js";

const FORMATS = [
  ["csv", "CSV", "for any program"],
  ["xlsx", "Excel", "several sheets if need be"],
  ["parquet", "Parquet", "for data work"],
];

/** @returns {HTMLElement} */
export function exportMenu() {
  const estimate = h("p", { class: "hint", id: "export-estimate" });
  const formats = FORMATS.map(([value, label, hint], index) =>
    h(
      "label",
      { class: "check" },
      h("input", { type: "radio", name: "export-format", value, checked: index === 0, onChange: measure }),
      h("span", null, label, h("span", { class: "hint" }, ` ${hint}`)),
    ),
  );
  const start = button("Export", run, { id: "start-export", look: "primary" });
  const progress = h("div", { class: "export-progress" });
  const choice = h("fieldset", { class: "menu-checks" }, h("legend", { class: "hidden-visually" }, "Format"), formats);
  const { node } = menu("Export", [choice, estimate, start, progress], {
    id: "open-export",
    glyph: "download",
    look: "small",
    onOpen: measure,
  });
  const chosen = () => node.querySelector("input[name=export-format]:checked").value;
  let ends = null;
  let measured = 0;

  async function measure() {
    const mine = ++measured;
    setText(estimate, "Estimating");
    try {
      const { rows, bytes } = await postJson(`${CONTRACTS}/chip-export-estimate/`, {
        filters: filtersOf(register.get().query),
        format: chosen(),
      });
      if (mine === measured) setText(estimate, `${words.count(rows, "contract")}, about ${words.bytes(bytes)}.`);
    } catch (error) {
      if (mine === measured) setText(estimate, error.message);
    }
  }

  async function run() {
    if (ends) return;
    ends = new AbortController();
    const { query } = register.get();
    const line = progressLine("Export");
    line.update({ status: "Exporting", progress: null });
    start.disabled = true;
    mount(
      progress,
      line.node,
      button("Cancel", () => ends?.abort(), { id: "cancel-export", look: "small" }),
    );
    announce("Export started.");
    try {
      const body = { filters: filtersOf(query), format: chosen(), sort_by: query.sort, sort_direction: query.direction };
      const onStatus = ({ status, progress: share }) => line.update({ status, progress: share || null });
      const { results } = await ask("export", body, { signal: ends.signal, onStatus });
      mount(progress, ready(results));
      announce(`The export is ready: ${results.file_name}.`);
      document.getElementById("download-export")?.focus();
    } catch (error) {
      if (error instanceof Cancelled) mount(progress, h("p", null, "Cancelled. No file was made."));
      else mount(progress, h("div", { role: "alert" }, problem(error, { title: "The export failed" })));
    } finally {
      ends = null;
      start.disabled = false;
    }
  }

  register.on(["query"], () => {
    if (node.open) measure();
  });
  return node;
}

function ready({ download_url: url, file_name: name, rows, bytes, expires_at: expires }) {
  const until = words.moment(expires);
  return h(
    "div",
    { class: "export-ready" },
    h("a", { class: "button", id: "download-export", href: url, download: name }, `Download ${name}`),
    h(
      "p",
      { class: "hint" },
      `${words.count(rows, "contract")}, ${words.bytes(bytes)}.${until ? ` Kept until ${words.timeOfDay(until / 1000)}.` : ""}`,
    ),
  );
}
