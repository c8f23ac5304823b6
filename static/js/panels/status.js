/** The status bar: how work is done, by whom, and what the queue holds. */

import { testConnection } from "../connection.js";
import { h, mount, setText } from "../dom.js";
import { button } from "../parts.js";
import { TASKS } from "../route.js";
import { store } from "../store.js";
import { count, number } from "../words.js";

/** @param {HTMLElement} root */
export function statusPanel(root) {
  const mode = h("p", { class: "status-mode", id: "mode" });
  const queue = h("span", { class: "status-queue", id: "queue" });
  const tasks = h("p", { class: "status-tasks" }, queue, h("a", { href: TASKS, id: "to-tasks" }, "Tasks"));
  const mismatch = h("p", { class: "status-mismatch", id: "mismatch", role: "status" });
  const reviewer = h("p", { class: "status-reviewer", id: "reviewer" });
  const test = button("Test connection", testConnection, { id: "test-connection", look: "quiet small" });
  const outcome = h("p", { class: "status-test", id: "test-outcome" });
  root.append(
    mode,
    tasks,
    mismatch,
    h("div", { class: "status-reviewer-row" }, reviewer, test, outcome),
    h("a", { class: "status-docs", href: "/docs" }, "API"),
  );

  store.on(["stats", "reachable"], ({ stats, reachable }) => {
    const words = modeWords(stats, reachable);
    root.dataset.mode = words.look;
    if (mode.textContent !== words.text) mount(mode, h("span", { class: "lamp", "aria-hidden": "true" }), words.text);
    setText(queue, queueWords(stats));
    setText(mismatch, mismatchWords(stats));
    mount(reviewer, stats?.reviewer ? ["Reviewer: ", h("strong", null, stats.reviewer)] : "");
  });
  store.on(["connectionTest"], ({ connectionTest: state }) => {
    test.disabled = state?.phase === "running";
    outcome.dataset.phase = state?.phase ?? "";
    mount(outcome, testWords(state));
  });
}

/** How work is done, in words, and the look of the lamp beside them. */
export function modeWords(stats, reachable) {
  if (!reachable) return { text: "No connection", look: "down" };
  if (!stats) return { text: "Connecting", look: "unknown" };
  if (stats.error) return { text: "The server has a problem", look: "down" };
  if (stats.available) return { text: `Queue: ${count(stats.workers, "worker")}`, look: "queue" };
  const instead = { celery: "work waits", background: "working in the background" }[stats.mode] ?? "working directly";
  if (stats.broker === "down") return { text: `Queue unreachable – ${instead}`, look: "fallback" };
  if (stats.broker === "up") return { text: `No worker – ${instead}`, look: "fallback" };
  return { text: instead[0].toUpperCase() + instead.slice(1), look: "direct" };
}

/** In what the workers differ from the server, in a sentence. */
function mismatchWords(stats) {
  const [first, ...rest] = stats?.mismatch ?? [];
  if (!first) return "";
  return `${first.message} ${first.hint}${rest.length ? ` (${count(rest.length, "more difference")})` : ""}`;
}

function queueWords(stats) {
  if (!stats?.queues) return "";
  const { analysis } = stats.queues;
  const limited = stats.provider !== "builtin" && analysis?.limit && Number.isFinite(analysis.free_starts);
  const parts = [
    `${number(stats.total_pending ?? 0)} waiting`,
    `${number(stats.active_tasks ?? 0)} running`,
    limited && `${analysis.free_starts} of ${analysis.limit} starts free`,
  ];
  return parts.filter(Boolean).join(" · ");
}

function testWords(state) {
  if (!state) return "";
  if (state.phase === "running") return "Testing…";
  if (state.phase === "done") return `Answers in ${number(Math.max(1, Math.round(state.latency_ms)))}\u00a0ms`;
  return [h("span", null, state.message || "No answer"), state.hint ? ` ${state.hint}` : ""];
}
