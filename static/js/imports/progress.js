/** An import, an undo or the look at a large file under way: how far, how fast, how long yet. */

import { h, mount } from "../dom.js";
import { button, problem, progressLine } from "../parts.js";
import * as words from "../words.js";
import { cancelRun } from "./run.js";
import { imports } from "./state.js";
import { whileConnected } from "./watch.js";

const LABELS = { import: "Import", undo: "Undoing the import", look: "Looking at the file" };
const NOTES = {
  look: "A large workbook has to be unpacked to its end. You can leave this page; the file stays in the list of imports.",
  other: "You can leave this page; the work goes on. Until it has ended the register is as it was.",
};

/** @param {"import"|"undo"|"look"} kind */
export function progressView(kind) {
  const line = progressLine(LABELS[kind]);
  const facts = h("dl", { class: "progress-facts" });
  const stop = button("Cancel", cancelRun, { id: "cancel-import" });
  const trouble = h("div", { role: "alert" });
  const node = h(
    "div",
    { class: "import-progress", id: "import-progress" },
    line.node,
    kind !== "look" && facts,
    h("div", { class: "actions" }, stop),
    trouble,
    h("p", { class: "hint" }, NOTES[kind] ?? NOTES.other),
  );
  let fault = null;
  whileConnected(node, imports, ["run"], ({ run }) => {
    if (!run) return;
    const { status } = run;
    line.update({ status: run.cancelling ? "Cancelling" : status?.status || "Starting", progress: status?.progress || null });
    mount(facts, factsOf(status ?? {}));
    stop.disabled = Boolean(run.cancelling);
    const error = run.cancelError ?? run.error ?? null;
    if (error !== fault)
      mount(trouble, error && problem(error, { title: run.cancelError ? "It could not be cancelled" : "How far it is can't be seen" }));
    fault = error;
  });
  return node;
}

function factsOf({ rows, rows_per_second: speed, seconds_left: left, current, total }) {
  const facts = [
    ["Records", rows ? words.number(rows) : "–"],
    ["A second", speed ? words.number(Math.round(speed)) : "–"],
    ["Time left", left || left === 0 ? words.duration(Math.max(1, left)) : "–"],
  ];
  if (total && current > 0 && total > 4096 && !rows) facts.push(["Read", `${words.bytes(current)} of ${words.bytes(total)}`]);
  return facts.map(([label, figure]) => h("div", null, h("dt", null, label), h("dd", null, figure)));
}
