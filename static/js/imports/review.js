/** What was recognised in a file, to be looked over and corrected before it is imported. */

import { Cancelled } from "../api.js";
import { h, mount } from "../dom.js";
import { button, problem } from "../parts.js";
import { withBar } from "../patience.js";
import * as words from "../words.js";
import { chooseSheet } from "./load.js";
import { mappingTable } from "./mapping.js";
import { startImport } from "./run.js";
import { FORMATS, delimiter } from "./words.js";

const ORDERS = [
  ["", "As it looks in the file"],
  ["DMY", "Day first, 31/12/2024"],
  ["MDY", "Month first, 12/31/2024"],
];
const DECIMALS = [
  ["", "As it looks in the file"],
  [".", "1,234.50"],
  [",", "1.234,50"],
];
const DUPLICATES = [
  ["skip", "Leave it out", "what is there stays"],
  ["replace", "Replace what is there", "the new row takes its place"],
  ["keep", "Keep both", ""],
];

export function reviewView(detail) {
  const { options = {} } = detail;
  const start = button("Import", begin, { id: "start-import", look: "primary" });
  const note = h("p", { class: "hint", id: "start-note", role: "status" });
  const mapping = mappingTable(detail, check);
  const order = choice("date-order", "Dates", ORDERS, options.date_order);
  const decimal = choice("decimal", "Amounts", DECIMALS, options.decimal);
  const duplicates = radios("duplicates", "When a contract is there already", DUPLICATES, detail.on_duplicate ?? "skip");
  const save = h("input", { type: "checkbox", id: "save-mapping", checked: true });

  function check() {
    const missing = mapping.missing();
    start.disabled = missing.length > 0;
    mount(note, missing.length ? `Say first where to find at least one of: ${missing.join(", ")}.` : "");
  }

  function begin() {
    const chosen = {};
    for (const [name, part] of [
      ["date_order", order],
      ["decimal", decimal],
    ])
      if (part.value()) chosen[name] = part.value();
    if (options.sheet) chosen.sheet = options.sheet;
    startImport(detail.upload_id, {
      mapping: mapping.value(),
      options: chosen,
      on_duplicate: duplicates.value(),
      save_mapping: save.checked,
    });
  }

  const node = h(
    "div",
    { class: "review" },
    recognised(detail),
    h(
      "section",
      { class: "review-part", "aria-labelledby": "mapping-title" },
      h("h2", { id: "mapping-title" }, "Which column is what"),
      detail.saved_mapping && h("p", { class: "hint" }, "As you arranged it the last time for a file with these columns."),
      mapping.node,
    ),
    h(
      "section",
      { class: "review-part", "aria-labelledby": "options-title" },
      h("h2", { id: "options-title" }, "How to read it"),
      h("div", { class: "review-options" }, order.node, decimal.node),
      duplicates.node,
      h("label", { class: "check" }, save, " Remember this for files with the same columns"),
    ),
    h("div", { class: "review-start" }, start, note),
    preview(detail),
  );
  check();
  return node;
}

/** Which sheet of a workbook is looked at: another one has other columns, so it is recognised anew. */
function sheetChoice({ upload_id: id, sheets = [], options = {} }) {
  if (sheets.length < 2) return null;
  const place = h("div", { class: "sheet-busy" });
  const names = sheets.map((name) => [name, name]);
  const sheet = choice("import-sheet", "Sheet", names, options.sheet ?? sheets[0]);
  sheet.select.addEventListener("change", async () => {
    sheet.select.disabled = true;
    try {
      await withBar(place, "Looking at the sheet", (told) => chooseSheet(id, sheet.value(), told));
      document.getElementById("import-sheet")?.focus();
    } catch (error) {
      if (error instanceof Cancelled) return;
      sheet.select.disabled = false;
      sheet.select.value = options.sheet ?? sheets[0];
      mount(place, h("div", { role: "alert" }, problem(error, { title: "That sheet can't be imported" })));
    }
  });
  return h("div", { class: "sheet-choice" }, sheet.node, place);
}

function recognised(detail) {
  const { format, encoding, delimiter: sign, columns, row_estimate: rows, warnings = [] } = detail;
  const facts = [
    ["Format", FORMATS[format] ?? format],
    encoding && ["Encoding", encoding],
    sign && ["Separated by", delimiter(sign)],
    ["Columns", words.number(columns.length)],
    ["Rows", rows || rows === 0 ? `about ${words.number(rows)}` : "unknown"],
  ].filter(Boolean);
  return h(
    "section",
    { class: "review-part", "aria-labelledby": "recognised-title" },
    h("h2", { id: "recognised-title" }, "What was recognised"),
    h(
      "dl",
      { class: "recognised" },
      facts.map(([label, value]) => h("div", null, h("dt", null, label), h("dd", null, value))),
    ),
    sheetChoice(detail),
    warnings.length > 0 &&
      h(
        "ul",
        { class: "review-warnings" },
        warnings.map((warning) => h("li", null, warning)),
      ),
  );
}

function preview({ columns, preview: rows = [] }) {
  if (!rows.length) return null;
  return h(
    "section",
    { class: "review-part", "aria-labelledby": "preview-title" },
    h("h2", { id: "preview-title" }, "The first rows"),
    h(
      "div",
      { class: "figures-frame preview", tabIndex: 0, role: "region", "aria-label": "Cells of the first rows" },
      h(
        "table",
        { class: "figures" },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            columns.map((name) => h("th", { scope: "col" }, name || "–")),
          ),
        ),
        h(
          "tbody",
          null,
          rows.map((row) =>
            h(
              "tr",
              null,
              columns.map((_, index) => h("td", null, row[index] ?? "")),
            ),
          ),
        ),
      ),
    ),
  );
}

function choice(id, label, options, chosen) {
  const select = h(
    "select",
    { id },
    options.map(([value, name]) => h("option", { value }, name)),
  );
  if (chosen && options.some(([value]) => value === chosen)) select.value = chosen;
  return { node: h("p", { class: "choice" }, h("label", { for: id }, label), select), select, value: () => select.value };
}

function radios(name, legend, options, chosen) {
  const node = h(
    "fieldset",
    { class: "review-radios" },
    h("legend", null, legend),
    options.map(([value, label, hint]) =>
      h(
        "label",
        { class: "check" },
        h("input", { type: "radio", name, value, checked: value === chosen }),
        h("span", null, label, hint && h("span", { class: "hint" }, ` – ${hint}`)),
      ),
    ),
  );
  return { node, value: () => node.querySelector("input:checked").value };
}
