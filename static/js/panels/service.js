/** Queues, workers and the last minutes, in numbers that stay up to date. */

import { stackedBars } from "../chart.js";
import { h, mount } from "../dom.js";
import { problem, skeleton } from "../parts.js";
import { store } from "../store.js";
import * as words from "../words.js";

const OUTCOMES = [
  { key: "success", name: "done" },
  { key: "failure", name: "failed" },
  { key: "revoked", name: "cancelled" },
];
const QUEUES = { analysis: "Analyses", chat: "Questions", test: "Connection tests", register: "Register", imports: "Files", speech: "Speech", upkeep: "Upkeep" };
const PROVIDERS = { builtin: "built-in reviewer", anthropic: "Claude", bedrock: "Claude on AWS" };

/** @param {HTMLElement} root */
export function servicePanel(root) {
  const history = h("div", { id: "history" });
  const queues = h("div", { id: "queues" });
  const workers = h("div", { id: "workers" });
  root.append(
    section("The last 15 minutes", "history-title", history),
    section("Queues", "queues-title", queues),
    section("Workers", "workers-title", workers),
  );
  store.on(["history", "route"], ({ history: state, route }) => route.tasks && redraw(history, state, drawHistory));
  store.on(["stats", "route"], ({ stats, route }) => {
    if (!route.tasks) return;
    const { now: _, ...rest } = stats ?? {};
    const state = stats && rest;
    redraw(queues, state, drawQueues);
    redraw(workers, state && { ...state, minute: Math.floor(Date.now() / 60000) }, drawWorkers);
  });
}

const section = (title, id, node) => h("section", { "aria-labelledby": id }, h("h2", { id }, title), node);
const drawn = new WeakMap();

/** Draw only what has changed: a table that is made anew every two seconds can't be read out. */
function redraw(node, state, draw) {
  const now = JSON.stringify(state);
  if (drawn.get(node) === now) return;
  drawn.set(node, now);
  const open = node.querySelector("details")?.open;
  mount(node, draw(state));
  if (open) node.querySelector("details").open = true;
}

function waiting(state) {
  if (!state) return [h("p", { class: "hidden-visually" }, "Loading the numbers"), skeleton(3)];
  if (state.error) return problem(state.error, { title: "The numbers could not be loaded" });
  return null;
}

function drawHistory(state) {
  const instead = waiting(state);
  if (instead) return instead;
  const { minutes } = state;
  const total = (key) => minutes.reduce((sum, minute) => sum + minute[key], 0);
  const all = OUTCOMES.reduce((sum, { key }) => sum + total(key), 0);
  const summary = all ? `${words.count(all, "task")}: ${OUTCOMES.map(({ key, name }) => `${total(key)} ${name}`).join(", ")}` : "None";
  const bars = minutes.map((minute, index) => {
    const time = words.timeOfDay(minute.starts_at);
    const counts = OUTCOMES.filter(({ key }) => minute[key]).map(({ key, name }) => `${minute[key]} ${name}`);
    return { time, title: `${time}: ${counts.join(", ") || "none"}`, label: index % 5 === 4 || index === 0 ? time : "", values: minute };
  });
  return [
    h("p", { class: "service-sum" }, all ? summary : "No task has ended."),
    stackedBars(bars, OUTCOMES, { label: "Tasks ended per minute", unit: "Minute", summary }),
  ];
}

function drawQueues(stats) {
  const instead = waiting(stats);
  if (instead) return instead;
  const heads = ["Queue", "Waiting", "Running", "Free starts", "Workers"];
  const rows = Object.entries(stats.queues).map(([name, queue]) =>
    h(
      "tr",
      null,
      h("th", { scope: "row" }, QUEUES[name] ?? name),
      h("td", { class: queue.pending ? "is-some" : null }, words.number(queue.pending)),
      h("td", { class: queue.running ? "is-some" : null }, words.number(queue.running)),
      h("td", null, startsOf(queue)),
      h("td", null, words.number(queue.workers ?? 0)),
    ),
  );
  const limited = Object.values(stats.queues).find((queue) => queue.limit);
  return [
    h(
      "table",
      { class: "numbers" },
      h("caption", { class: "hidden-visually" }, "Queues"),
      h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", null, rows),
    ),
    limited &&
      h(
        "p",
        { class: "hint" },
        `A limit holds for any ${words.seconds(limited.window_seconds ?? 60)}`,
        stats.provider === "builtin" ? "; work of the built-in reviewer doesn't count." : ".",
      ),
  ];
}

function startsOf({ limit, free_starts: free }) {
  if (!limit) return h("span", { class: "no-limit" }, h("span", { "aria-hidden": "true" }, "–"), h("span", { class: "hidden-visually" }, "no limit"));
  return `${free ?? limit} of ${limit}`;
}

function drawWorkers(stats) {
  const instead = waiting(stats);
  if (instead) return instead;
  if (!stats.worker_details.length) {
    const reason = { none: "There is no broker.", down: "The broker can't be reached.", up: "The broker is there, but no worker listens." };
    const does = stats.mode === "celery" ? "Work waits for one." : "The server does all work itself.";
    return h("p", { class: "service-none" }, `${reason[stats.broker] ?? "No worker listens."} ${does}`);
  }
  return h(
    "ul",
    { class: "worker-list" },
    stats.worker_details.map((worker) => workerRow(worker, stats)),
  );
}

function workerRow(worker, stats) {
  const differences = stats.mismatch.filter(({ worker: name }) => name === worker.name);
  const differs = (what) => differences.some((difference) => difference.what === what);
  const facts = [
    ["Queues", worker.queues.map((name) => QUEUES[name] ?? name).join(", ")],
    ["Slots", words.number(worker.slots)],
    ["Reviewer", PROVIDERS[worker.provider] ?? worker.provider, differs("provider")],
    ["Version", worker.version, differs("version")],
    ["Since", words.ago(worker.started_at)],
  ];
  return h(
    "li",
    { class: "worker" },
    h("h3", { class: "worker-name" }, worker.name),
    h(
      "dl",
      { class: "worker-facts" },
      facts.map(([name, value, odd]) => h("div", { class: odd ? "is-odd" : null }, h("dt", null, name), h("dd", null, value))),
    ),
    differences.map(({ message, hint }) => h("p", { class: "worker-note" }, message, " ", hint)),
  );
}
