/** What one document is reviewed against: which checklists, and its own one. */

import { announce } from "../announce.js";
import { ApiError } from "../api.js";
import { confirm } from "../dialogs.js";
import { h, mount, setText } from "../dom.js";
import { button, problem, skeleton } from "../parts.js";
import { WHOLE } from "../route.js";
import { refreshPlace } from "../section.js";
import { store } from "../store.js";
import { dropOfDocument, loadOfDocument, loadStanding, preferences, saveOfDocument } from "./calls.js";
import { checklistEditor } from "./editor.js";
import { checksPane } from "./pane.js";
import { openSheet } from "./sheet.js";

/**
 * @param {{id: string, name: string}} document
 * @param {string} opener id of what was pressed
 */
export function openOfDocument({ id, name }, opener) {
  const pane = checksPane("document-checks");
  const trouble = h("div", { role: "alert" });
  const note = h("p", { class: "checklist-note", id: "checklist-note" });
  const choices = h("fieldset", { class: "checklist-choice" });
  const work = h("div", { class: "checklist-work" });
  const actions = h("div", { class: "actions" });
  const editor = checklistEditor({
    id: "document-text",
    label: "This document's own checklist",
    onRead: draw,
    onTrouble: (error) => mount(trouble, error && problem(error, { title: "The file was not loaded" })),
  });
  let standing = null;
  let kept = null; // what the server has for this document
  let preference = "both";
  let busy = false;
  let done = ""; // what was done last, until something changes

  const changed = () => kept !== null && (editor.changed() || preference !== kept.guidelines_preference);

  /** The checks as they would be after saving; the ids are those that the server will give. */
  function planned() {
    const { phase, checks = [], error } = editor.state();
    if (preference === "default_only" || (preference === "both" && phase === "empty")) return { phase: "ready", checks: standing.checks };
    if (phase !== "ready") return { phase, error };
    const own = checks.map((check, index) => ({ ...check, id: `O${String(index + 1).padStart(2, "0")}` }));
    return { phase, checks: preference === "own_only" ? own : [...own, ...standing.checks] };
  }

  function draw() {
    if (!kept) return;
    editor.node.hidden = preference === "default_only";
    const plan = planned();
    if (changed()) {
      done = "";
      pane.update(plan, (words) => `After saving: ${words}`);
      return setText(note, "What was found stays until the document is analyzed again.");
    }
    pane.update({ phase: "ready", checks: kept.checks }, (words) => `In force: ${words}`);
    const outdated = plan.phase === "ready" && JSON.stringify(plan.checks) !== JSON.stringify(kept.checks);
    return setText(note, outdated ? "The standing checklist was changed since this document got its checks. Save to take it over." : done);
  }

  function drawChoices() {
    const radios = preferences(standing).map(([value, label]) => {
      const choose = () => {
        preference = value;
        draw();
      };
      const radio = h("input", { type: "radio", name: "document-preference", value, checked: value === preference, onChange: choose });
      return h("label", { class: "check" }, radio, ` ${label}`);
    });
    mount(choices, h("legend", null, "Review against"), radios);
  }

  function show(answer) {
    kept = answer;
    preference = answer.guidelines_preference;
    editor.show(answer.own_guidelines ?? "");
    mount(
      actions,
      button("Save", save, { id: "save-checklist", look: "primary" }),
      kept.own_guidelines !== undefined && button("Delete its own checklist", drop, { id: "drop-checklist", glyph: "trash" }),
    );
    drawChoices();
    draw();
  }

  async function save() {
    if (busy) return;
    busy = true;
    mount(trouble);
    try {
      const answer = await editor.during(() => saveOfDocument(id, toSend(), preference));
      done = "Saved. What was found stays until the document is analyzed again.";
      show(answer);
      takeChecks(id, kept.checks);
      announce(done);
    } catch (error) {
      mount(trouble, problem(error, { title: "It was not saved" }));
    }
    busy = false;
  }

  async function drop() {
    const sure = await confirm({
      title: "Delete this document's own checklist?",
      text: "From then on the document is reviewed against the standing checklist. What was found stays.",
    });
    if (!sure || busy) return;
    busy = true;
    mount(trouble);
    try {
      const answer = await dropOfDocument(id);
      done = "The document's own checklist is deleted. What was found stays until the document is analyzed again.";
      show(answer);
      takeChecks(id, kept.checks);
      announce(done);
    } catch (error) {
      mount(trouble, problem(error, { title: "It was not deleted" }));
    }
    busy = false;
  }

  /** The text to send, or null for the one that the server has. */
  function toSend() {
    const text = editor.text();
    if (text.trim()) return editor.changed() ? text : null;
    if (preference === "own_only" || (preference === "both" && kept.own_guidelines))
      throw new ApiError({
        code: "invalid",
        message: "The document's own checklist is empty.",
        hint: "Write a check, load a file, or delete the document's own checklist.",
      });
    return null;
  }

  async function load() {
    mount(work, h("p", { class: "hidden-visually", role: "status" }, "Loading the checklist"), skeleton(6));
    try {
      const [ofAll, ofThis] = await Promise.all([loadStanding(), loadOfDocument(id)]);
      standing = ofAll;
      show(ofThis);
      const foot = [note, trouble, actions];
      mount(work, choices, h("div", { class: "checklist-columns" }, editor.node, pane.node), h("div", { class: "checklist-foot" }, foot));
    } catch (error) {
      mount(work, problem(error, { title: "The checklist could not be loaded", actions: [button("Try again", load, { look: "primary" })] }));
    }
  }

  openSheet({
    id: "checklist",
    title: "Checks of this document",
    opener,
    body: [h("p", { class: "hint" }, name), work],
    changed,
    take: editor.take,
    closed: editor.stop,
  });
  load();
}

/** Tell the desk of a document's new checks; how far they are met is asked anew where that is shown. */
function takeChecks(id, checks) {
  const { session } = store.get();
  if (session?.id !== id) return;
  store.set({ session: { ...session, checks: Object.fromEntries(checks.map((check) => [check.id, check.title])) } });
  refreshPlace(id, WHOLE);
}
