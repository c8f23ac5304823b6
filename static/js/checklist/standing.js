/** The checklist that new documents are reviewed against: look at it, write another, go back to the one that ships. */

import { announce } from "../announce.js";
import { confirm } from "../dialogs.js";
import { h, mount, setText } from "../dom.js";
import { button, problem, skeleton } from "../parts.js";
import { ago, count } from "../words.js";
import { forgetStanding, loadStanding, saveStanding } from "./calls.js";
import { checklistEditor } from "./editor.js";
import { checksPane } from "./pane.js";
import { openSheet } from "./sheet.js";

/** @param {string} opener id of what was pressed */
export function openStanding(opener) {
  const pane = checksPane("standing-checks");
  const trouble = h("div", { role: "alert" });
  const origin = h("p", { class: "hint", id: "standing-origin" });
  const actions = h("div", { class: "actions" });
  const foot = h("div", { class: "checklist-foot" }, trouble, actions);
  const work = h("div", { class: "checklist-work" });
  const editor = checklistEditor({
    id: "standing-text",
    label: "Checklist",
    onRead: (state) => pane.update(state),
    onTrouble: (error) => mount(trouble, error && problem(error, { title: "The file was not loaded" })),
  });
  let busy = false;
  let seen = null; // the checklist that is being changed, as the server gave it

  async function doing(what, title) {
    if (busy) return;
    busy = true;
    mount(trouble);
    try {
      await what();
    } catch (error) {
      const newer = error.status === 409 && error.answer?.newer;
      mount(trouble, newer ? bothOf(error, newer, title) : problem(error, { title }));
    }
    busy = false;
  }

  /** Somebody saved another one meanwhile: it is shown, and either may be kept. */
  function bothOf(error, newer, title) {
    const take = () => {
      mount(trouble);
      show(newer);
      editor.focus();
    };
    const insist = () => {
      seen = newer;
      save();
    };
    const text = h("textarea", { id: "newer-text", readonly: true, rows: "8" });
    text.value = newer.markdown;
    const when = newer.own ? `saved ${ago(newer.updated_at)}` : "the one that comes with Tenderline";
    return [
      problem(error, {
        title,
        actions: [
          button("Save mine over it", insist, { id: "keep-mine", look: "primary" }),
          button("Take the newer one", take, { id: "take-newer" }),
        ],
      }),
      h(
        "div",
        { class: "checklist-newer" },
        h("label", { for: "newer-text" }, `The newer one: ${count(newer.checks.length, "check")}, ${when}`),
        text,
      ),
    ];
  }

  function show(standing) {
    const { markdown, checks, own, updated_at: at } = standing;
    seen = standing;
    editor.show(markdown, checks);
    setText(origin, own ? `Your own, saved ${ago(at)}.` : "The checklist that comes with Tenderline.");
    mount(
      actions,
      button("Save", save, { id: "save-checklist", look: "primary" }),
      own && button("Go back to the built-in one", goBack, { id: "forget-checklist", glyph: "undo" }),
    );
  }

  const save = () =>
    doing(async () => {
      if (!editor.changed()) return announce("Nothing was changed.");
      show(await editor.during(() => saveStanding(editor.text(), seen)));
      return announce("The checklist is saved. New documents are reviewed against it.");
    }, "It was not saved");

  async function goBack() {
    const sure = await confirm({
      title: "Go back to the built-in checklist?",
      text: "Your own is deleted, with what you changed in it. Documents that were reviewed against it keep their checks.",
      yes: "Go back",
    });
    if (!sure) return;
    await doing(async () => {
      show(await forgetStanding(seen));
      editor.focus();
      announce("New documents are reviewed against the built-in checklist.");
    }, "It was not changed");
  }

  async function load() {
    mount(work, h("p", { class: "hidden-visually", role: "status" }, "Loading the checklist"), skeleton(6));
    try {
      show(await loadStanding());
      mount(work, h("div", { class: "checklist-columns" }, editor.node, pane.node), foot);
    } catch (error) {
      mount(work, problem(error, { title: "The checklist could not be loaded", actions: [button("Try again", load, { look: "primary" })] }));
    }
  }

  openSheet({
    id: "checklist",
    title: "Checklist",
    opener,
    body: [h("p", null, "What new documents are reviewed against. Documents that are here already keep their checks."), origin, work],
    changed: editor.changed,
    take: editor.take,
    closed: editor.stop,
  });
  load();
}
