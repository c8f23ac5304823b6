/** The tasks page: one's own tasks with a filter, then what queues and workers do. */

import { h, mount } from "../dom.js";
import { button, problem, skeleton } from "../parts.js";
import { store } from "../store.js";
import { filterTasks, moreTasks, reloadTasks } from "../tasklist.js";
import * as words from "../words.js";
import { servicePanel } from "./service.js";
import { taskRow } from "./task-row.js";

const STATES = [
  ["", "All states"],
  ["WAITING", "Waiting"],
  ["RUNNING", "Running"],
  ["SUCCESS", "Done"],
  ["FAILURE", "Failed"],
  ["REVOKED", "Cancelled"],
];

/** @param {HTMLElement} root */
export function tasksPanel(root) {
  const state = choice("tasks-state", "State", STATES, (value) => filterTasks({ state: value }));
  const operation = choice("tasks-operation", "Kind of work", [], (value) => filterTasks({ operation: value }));
  const rows = h("ol", { class: "task-list", id: "task-list" });
  const rest = h("div", { class: "tasks-rest" });
  const service = h("div", { class: "service" });
  root.append(
    h(
      "div",
      { class: "tasks-own" },
      h("div", { class: "tasks-head" }, h("h1", { id: "tasks-title" }, "Tasks"), h("div", { class: "tasks-filter" }, state.node, operation.node)),
      rows,
      rest,
    ),
    service,
  );
  servicePanel(service);

  const known = new Map(); // id -> row that was drawn
  let kinds = [...words.KNOWN_OPERATIONS];
  let before = null;
  store.on(["tasks"], ({ tasks }) => {
    if (!tasks) {
      known.clear();
      mount(rows);
      before = null;
      return;
    }
    kinds = [...new Set([...kinds, ...tasks.rows.map((task) => task.operation)])];
    operation.offer([["", "All kinds"], ...kinds.map((name) => [name, words.operation(name)])], tasks.operation);
    state.choose(tasks.state);
    drawRows(rows, known, tasks);
    if (before?.phase !== tasks.phase || before.more !== tasks.more || before.total !== tasks.total || before.rows.length !== tasks.rows.length)
      mount(rest, restOf(tasks));
    before = tasks;
  });
}

/** Rows are kept and moved, never made anew: whoever stands on one with the keyboard stays there. */
function drawRows(node, known, { rows, notes }) {
  const ids = new Set(rows.map((task) => task.task_id));
  for (const [id, row] of known) {
    if (ids.has(id)) continue;
    const held = row.node.contains(document.activeElement);
    const neighbour = row.node.nextElementSibling ?? row.node.previousElementSibling;
    row.node.remove();
    known.delete(id);
    if (held) (neighbour ?? document.getElementById("content")).focus({ preventScroll: true });
  }
  rows.forEach((task, index) => {
    if (!known.has(task.task_id)) known.set(task.task_id, taskRow(task.task_id));
    const row = known.get(task.task_id);
    row.update(task, notes[task.task_id]);
    if (node.children[index] !== row.node) node.insertBefore(row.node, node.children[index] ?? null);
  });
  node.hidden = !rows.length;
}

function restOf({ phase, rows, total, state, operation, error, more }) {
  if (phase === "loading" && !rows.length) return [h("p", { class: "hidden-visually", role: "status" }, "Loading the tasks"), skeleton(6)];
  if (phase === "failed")
    return problem(error, {
      title: "The tasks could not be loaded",
      actions: [button("Try again", reloadTasks, { id: "reload-tasks", look: "primary" })],
    });
  if (!rows.length && (state || operation))
    return h(
      "div",
      { class: "tasks-none" },
      h("p", null, "No task is like that."),
      button("Show all tasks", () => filterTasks({ state: "", operation: "" }), { id: "all-tasks" }),
    );
  if (!rows.length)
    return h(
      "div",
      { class: "tasks-none" },
      h("p", { class: "tasks-none-title" }, "Nothing has been done yet"),
      h("p", null, "Every analysis and every question becomes a task and is listed here, with what it waits for and how it went."),
      h("a", { class: "button", href: "#/" }, "To the documents"),
    );
  const shown = h("p", { class: "tasks-count" }, `${words.number(rows.length)} of ${words.count(total, "task")}`);
  return [shown, total > rows.length && button(more ? "Loading" : "Show more", moreTasks, { id: "more-tasks", disabled: more })];
}

/** A labelled choice. `offer` changes what there is to choose, `choose` what is chosen; neither disturbs one that is open. */
function choice(id, label, options, onChange) {
  const select = h("select", { id, onChange: () => onChange(select.value) });
  const offer = (offered, chosen) => {
    if (offered.length !== select.options.length) select.replaceChildren(...offered.map(([value, name]) => h("option", { value }, name)));
    choose(chosen);
  };
  const choose = (value) => {
    if (select.value !== value) select.value = value;
  };
  offer(options, "");
  return { node: h("p", { class: "choice" }, h("label", { for: id }, label), select), offer, choose };
}
