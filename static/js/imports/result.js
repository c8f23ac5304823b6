/** What an import brought: counts, what was rejected, what was new, how good the data is; and the way back. */

import { confirm } from "../dialogs.js";
import { h } from "../dom.js";
import { button } from "../parts.js";
import { REGISTER, linkToImport } from "../route.js";
import * as words from "../words.js";
import { pathOf } from "./load.js";
import { undoImport } from "./run.js";
import { CREATED, KINDS, ONE, added } from "./words.js";

export function resultView(detail) {
  const { upload_id: id, result = {}, has_rejects: rejects, open_conflicts: open } = detail;
  return h(
    "div",
    { class: "result" },
    h(
      "div",
      { class: "actions" },
      h("a", { class: "button primary", id: "to-register", href: REGISTER }, "To the register"),
      open > 0 &&
        h("a", { class: "button", id: "to-conflicts", href: `${linkToImport(id)}/conflicts` }, `Decide ${words.count(open, "conflict")}`),
      button("Undo this import", () => askUndo(detail), { id: "undo-import", look: "danger", glyph: "undo" }),
    ),
    h(
      "section",
      { class: "review-part", "aria-labelledby": "counts-title" },
      h("h2", { id: "counts-title" }, "What came in"),
      counts(result),
      rejects && rejectsLine(id, result),
    ),
    h(
      "section",
      { class: "review-part", "aria-labelledby": "new-title" },
      h("h2", { id: "new-title" }, "What was new"),
      created(id, result),
    ),
    result.quality && quality(result.quality),
  );
}

function counts(result) {
  const { processed, rejected, duplicates, replaced, conflicts, seconds, rows_per_second: speed } = result;
  const facts = [
    ["Rows read", processed],
    ["Contracts added", added(result)],
    ["Rejected", rejected],
    ["Duplicates", duplicates],
    ["Replaced", replaced],
    ["Conflicts", conflicts],
  ];
  const pace = seconds ? `In ${words.duration(seconds)}${speed ? `, ${words.number(Math.round(speed))} rows a second` : ""}.` : "";
  return [
    h(
      "dl",
      { class: "counts" },
      facts.map(([label, value]) =>
        h("div", { "data-zero": String(!value) }, h("dt", null, label), h("dd", null, words.number(value ?? 0))),
      ),
    ),
    pace && h("p", { class: "hint" }, pace),
  ];
}

function rejectsLine(id, { rejected }) {
  return h(
    "p",
    { class: "rejects-line" },
    `${words.count(rejected ?? 0, "row")} could not be taken. `,
    h("a", { id: "see-rejects", href: `${linkToImport(id)}/rejects` }, "See why"),
    " or ",
    h("a", { id: "download-rejects", href: `${pathOf(id)}/errors.csv`, download: "" }, "download them with line numbers"),
    ".",
  );
}

function created(id, result) {
  return h(
    "ul",
    { class: "created" },
    Object.entries(KINDS).map(([kind, label]) => {
      const count = result[CREATED[kind]] ?? 0;
      const figure = h("span", { class: "created-count" }, words.number(count));
      const name = ` ${count === 1 ? ONE[kind] : label.toLowerCase()}`;
      return h(
        "li",
        null,
        count
          ? h("a", { href: `${linkToImport(id)}/${kind}` }, figure, name)
          : h("span", { class: "created-none" }, figure, name),
      );
    }),
  );
}

function quality({ score, reasons = [] }) {
  const look = score >= 85 ? "good" : score >= 60 ? "fair" : "poor";
  return h(
    "section",
    { class: "review-part", "aria-labelledby": "quality-title" },
    h("h2", { id: "quality-title" }, "Quality of the data"),
    h(
      "div",
      { class: "quality", "data-look": look },
      h("p", { class: "quality-score" }, h("strong", { id: "quality-score" }, words.number(score)), " of 100"),
      h("meter", { min: 0, max: 100, low: 60, high: 85, optimum: 100, value: String(score), "aria-labelledby": "quality-title" }),
    ),
    reasons.length
      ? h(
          "ul",
          { class: "quality-reasons" },
          reasons.map(({ text, points }) =>
            h(
              "li",
              null,
              h("span", null, text),
              points ? h("span", { class: "quality-points" }, `−${words.number(Math.abs(points))}`) : "",
            ),
          ),
        )
      : h("p", { class: "hint" }, "Nothing to complain about."),
  );
}

async function askUndo({ upload_id: id, file_name: name, result }) {
  const sure = await confirm({
    title: "Undo this import?",
    text: `What “${name}” brought, ${words.count(result?.imported ?? 0, "contract")}, is taken out of the register. What it had replaced comes back. What a later import skipped because this one had it does not: import that file again.`,
    yes: "Undo",
  });
  if (sure) undoImport(id);
}
