/** A checklist as Markdown in a field, read by the server while it is being written, and loaded from a file. */

import { announce } from "../announce.js";
import { Cancelled } from "../api.js";
import { confirm } from "../dialogs.js";
import { h } from "../dom.js";
import { TYPES, readChecklist, readText } from "./calls.js";

const PAUSE = 400; // ms without a key before the server is asked

/**
 * `onRead` gets `{phase: "empty" | "reading" | "ready" | "wrong", checks, error}` whenever that changes, `onTrouble` why a file
 * could not be loaded, or null.
 *
 * @param {{id: string, label: string, onRead: function(Object): void, onTrouble: function(?Error): void}} options
 */
export function checklistEditor({ id, label, onRead, onTrouble }) {
  const text = h("textarea", { id, rows: "14", "aria-describedby": `${id}-hint`, onInput: () => later() });
  const file = h("input", { type: "file", id: `${id}-file`, accept: TYPES, onChange: () => take(file.files[0]) });
  let saved = "";
  let state = { phase: "empty" };
  let timer = null;
  let reading = new AbortController();

  function tell(now) {
    state = now;
    onRead(now);
  }

  function later() {
    clearTimeout(timer);
    reading.abort();
    if (!text.value.trim()) return tell({ phase: "empty" });
    tell({ phase: "reading" });
    timer = setTimeout(look, PAUSE);
    return undefined;
  }

  async function look() {
    reading = new AbortController();
    const { signal } = reading;
    try {
      const { checks } = await readText(text.value, signal);
      if (!signal.aborted) tell({ phase: "ready", checks });
    } catch (error) {
      if (!(error instanceof Cancelled) && !signal.aborted) tell({ phase: "wrong", error });
    }
  }

  /** Put in what a file says, after asking if something unsaved would be lost. */
  async function take(chosen) {
    if (!chosen) return;
    const sure =
      text.value === saved ||
      (await confirm({
        title: "Replace what you have written?",
        text: `“${chosen.name}” takes its place. What isn't saved is lost.`,
        yes: "Replace it",
      }));
    if (sure) {
      try {
        const { markdown, checks } = await readChecklist(chosen, new AbortController().signal);
        clearTimeout(timer);
        reading.abort();
        text.value = markdown;
        onTrouble(null);
        tell({ phase: "ready", checks });
        announce(`${chosen.name} is loaded. It isn't saved yet.`);
      } catch (error) {
        onTrouble(error);
      }
    }
    file.value = ""; // the same file may be chosen again
  }

  return {
    node: h(
      "div",
      { class: "checklist-editor" },
      h("label", { for: id }, label),
      text,
      h("p", { class: "hint", id: `${id}-hint` }, "Markdown: one check for each heading with text, or for each item of a list."),
      h("p", { class: "checklist-file" }, h("label", { for: `${id}-file` }, "Load from a file"), file),
    ),
    take,
    text: () => text.value,
    state: () => state,
    changed: () => text.value !== saved,
    /** Show what is saved; with its `checks` if they are known. */
    show(markdown, checks = null) {
      text.value = markdown;
      saved = text.value; // the field has line ends of its own
      if (checks) {
        clearTimeout(timer);
        reading.abort();
        tell({ phase: "ready", checks });
      } else later();
    },
    focus: () => text.focus(),
    /** Do what must find the text as it is: nobody writes meanwhile. */
    async during(work) {
      text.readOnly = true;
      try {
        return await work();
      } finally {
        text.readOnly = false;
      }
    },
    stop() {
      clearTimeout(timer);
      reading.abort();
    },
  };
}
