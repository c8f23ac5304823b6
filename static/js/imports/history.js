/** The place for new files and the history of imports. */

import { h, icon, mount } from "../dom.js";
import { pager } from "../pager.js";
import { button, problem, progressLine, skeleton } from "../parts.js";
import { linkToImport } from "../route.js";
import * as words from "../words.js";
import { loadHistory } from "./load.js";
import { cancelSending, dismissSending, sendFile } from "./send.js";
import { imports } from "./state.js";
import { whileConnected } from "./watch.js";
import { FORMATS, LOOKS, STATES, summary } from "./words.js";

/** @returns {HTMLElement} */
export function historyView() {
  const intake = h("div", { class: "intake", id: "import-intake" });
  const list = h("section", { class: "imports-history", "aria-labelledby": "history-title" });
  const pages = pager({ id: "history", label: "Pages of imports", onPage: (page) => loadHistory(page) });
  const node = h(
    "div",
    { class: "imports-home" },
    h(
      "div",
      null,
      h("h1", null, "Imports"),
      h("p", { class: "lead" }, "Awards and purchase orders become part of the register. Every import can be undone."),
    ),
    intake,
    list,
  );
  let bar = null;
  whileConnected(node, imports, ["sending"], ({ sending }) => {
    if (bar && sending && bar.phase === sending.phase) bar.update(sending);
    else bar = drawIntake(intake, sending);
  });
  whileConnected(node, imports, ["history"], ({ history }) => drawHistory(list, history, pages));
  return node;
}

function drawIntake(place, sending) {
  if (sending && sending.phase !== "failed") return drawSending(place, sending);
  const input = h("input", {
    type: "file",
    id: "import-file",
    accept: ".csv,.tsv,.txt,.xlsx,.xls,.parquet,.json,.jsonl,.gz",
    "aria-describedby": "import-file-hint",
    onChange: () => input.files[0] && sendFile(input.files[0]),
  });
  const again = sending?.again && button("Try again", sending.again, { id: "send-again", look: "primary" });
  mount(
    place,
    sending &&
      h(
        "div",
        { role: "alert" },
        problem(sending.error, {
          title: `${sending.name} was not taken in`,
          actions: [again, button("Dismiss", dismissSending, { look: "quiet" })],
        }),
      ),
    h(
      "div",
      { class: "intake-drop" },
      icon("upload"),
      h(
        "label",
        { for: "import-file", class: "intake-label" },
        h("strong", null, "Choose a file"),
        h("span", null, " or drop it anywhere on this page"),
      ),
      input,
      h(
        "p",
        { class: "hint", id: "import-file-hint" },
        "CSV, Excel (.xlsx), Parquet or OCDS JSON, of any size. Nothing is imported before you have seen what was recognised.",
      ),
    ),
  );
  return null;
}

function drawSending(place, sending) {
  const line = progressLine("Upload");
  mount(
    place,
    h(
      "div",
      { class: "intake-busy" },
      h("p", { class: "intake-name" }, icon("file"), sending.name),
      line.node,
      button("Cancel", cancelSending, { id: "cancel-sending" }),
    ),
  );
  const bar = {
    phase: sending.phase,
    update({ phase, loaded, total, started }) {
      if (phase === "reading") return line.update({ status: "Looking at what is in it", progress: null });
      const seconds = (Date.now() - started) / 1000;
      const left = loaded && seconds > 2 ? ((total - loaded) * seconds) / loaded : null;
      const rest = left === null ? "" : `, ${words.duration(Math.max(1, left))} left`;
      return line.update({
        status: `Sending: ${words.bytes(loaded)} of ${words.bytes(total)}${rest}`,
        progress: total ? (100 * loaded) / total : null,
      });
    },
  };
  bar.update(sending);
  return bar;
}

function drawHistory(list, history, pages) {
  const title = h("h2", { id: "history-title" }, "History");
  if (!history) return mount(list, title, h("p", { class: "hidden-visually" }, "Loading the history"), skeleton(4));
  if (history.error)
    return mount(
      list,
      title,
      problem(history.error, { title: "The history could not be loaded", actions: [button("Try again", () => loadHistory())] }),
    );
  if (!history.uploads.length) return mount(list, title, h("p", { class: "documents-none" }, "Nothing has been imported yet."));
  pages.update(history);
  return mount(
    list,
    title,
    h("ol", { class: "import-list" }, history.uploads.map(importRow)),
    history.total_count > history.page_size && pages.node,
  );
}

function importRow(upload) {
  const { upload_id: id, file_name: name, state, format, size, created_at: at } = upload;
  const facts = [FORMATS[format] ?? format, words.bytes(size), words.ago(at), summary(upload)].filter(Boolean).join(" · ");
  return h(
    "li",
    { class: "task import", "data-look": LOOKS[state] ?? "waiting" },
    h("h3", { class: "task-title" }, h("a", { href: linkToImport(id) }, name)),
    h("p", { class: "task-state" }, STATES[state] ?? state),
    h("p", { class: "task-facts" }, facts),
  );
}
