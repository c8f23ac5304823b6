/** One task in the list: what it is, how it goes, what can be done about it. Changed in place while it runs. */

import { describe } from "../analysis.js";
import { stopwatch } from "../clock.js";
import { h, mount, setText } from "../dom.js";
import { button, problem, progressLine } from "../parts.js";
import { linkTo } from "../route.js";
import { cancelRow, runAgain } from "../tasklist.js";
import * as words from "../words.js";

const LOOKS = { PENDING: "waiting", RETRY: "waiting", STARTED: "running", PROGRESS: "running", SUCCESS: "done", FAILURE: "failed", REVOKED: "cancelled" };

/** @returns {{node: HTMLElement, update: function(Object, Object|null): void}} `update(task, note)` */
export function taskRow(id) {
  const title = h("h2", { class: "task-title", id: `task-${id}` });
  const badge = h("p", { class: "task-state" });
  const facts = h("p", { class: "task-facts" });
  const more = h("div", { class: "task-more" });
  const actions = h("div", { class: "task-actions" });
  const node = h("li", { class: "task", "aria-labelledby": `task-${id}`, tabIndex: -1 }, title, badge, facts, more, actions);
  const shown = {}; // what each part was drawn from: nothing is drawn again that has not changed
  let line = null;

  function draw(part, from, make) {
    const now = JSON.stringify(from);
    if (shown[part] === now) return;
    shown[part] = now;
    make();
  }

  return {
    node,
    update(task, note) {
      const look = LOOKS[task.state] ?? "waiting";
      node.dataset.look = look;
      draw("title", [task.operation, task.document], () => mount(title, titleOf(task)));
      setText(badge, task.cancelling ? "Cancelling" : words.TASK_STATES[task.state]);
      draw("facts", [task.started_at, task.finished_at, task.attempts, task.executor, look, Math.floor(Date.now() / 30000)], () =>
        mount(facts, factsOf(task, look)),
      );
      if (task.ready || task.state === "FAILURE") line = null;
      else {
        line ??= progressLine(`Progress: ${words.operation(task.operation)}`);
        line.update(task.cancelling ? { status: "Cancelling", progress: null } : describe(task));
      }
      draw("more", [Boolean(line), task.ready && task.error, note?.error?.message, note?.title], () =>
        mount(
          more,
          line?.node,
          task.state === "FAILURE" && problem(task.error ?? { message: task.status || "The work failed." }),
          note?.error && h("div", { role: "alert" }, problem(note.error, { title: note.title })),
        ),
      );
      draw("actions", [task.ready, task.cancelling, task.can_run_again, note?.busy], () => mount(actions, actionsOf(task, note)));
    },
  };
}

function titleOf({ operation, document }) {
  const what = h("span", { class: "task-operation" }, words.operation(operation));
  if (!document) return what;
  const place = document.section ? `${document.section} – ${document.name}` : document.name;
  const link = h("a", { href: linkTo(document.session_id, document.section_index) }, place);
  return [what, " ", link];
}

function factsOf(task, look) {
  const { created_at: created, started_at: started, finished_at: finished } = task;
  const time = {
    waiting: () => ["waiting for ", stopwatch(created)],
    running: () => ["running for ", stopwatch(started ?? created)],
    done: () => [`took ${words.duration(finished - (started ?? created))}`],
    failed: () => [started ? `failed after ${words.duration(finished - started)}` : "never started"],
    cancelled: () => [started ? `stopped after ${words.duration(finished - started)}` : "cancelled before it started"],
  }[look]();
  const waited = started && started - created >= 1 ? `waited ${words.duration(started - created)}` : null;
  const facts = [
    words.ago(created),
    waited,
    time,
    task.attempts > 1 ? words.count(task.attempts, "attempt") : null,
    look === "waiting" ? null : words.PLACES[task.executor],
  ];
  return facts.filter(Boolean).flatMap((fact, index) => (index ? [" · ", fact] : [fact]));
}

function actionsOf(task, note) {
  const label = (what) => ({ "aria-describedby": `task-${task.task_id}`, look: "small", disabled: Boolean(note?.busy), ...what });
  if (!task.ready) {
    const cancelling = task.cancelling || note?.busy === "cancel";
    return button("Cancel", () => cancelRow(task.task_id), label({ id: `cancel-${task.task_id}`, disabled: cancelling }));
  }
  if (!task.can_run_again) return null;
  const words = note?.busy === "again" ? "Starting" : "Run again";
  return button(words, () => runAgain(task.task_id), label({ id: `again-${task.task_id}` }));
}
