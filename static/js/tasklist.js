/** The tasks page: one's own tasks newest first, kept up to date by the socket or by asking; cancel, run again; the last minutes. */

import { announce } from "./announce.js";
import { Cancelled, getJson, postJson } from "./api.js";
import { isLive, onLiveChange, watchAll } from "./live.js";
import { store } from "./store.js";
import { cancelTask, insist } from "./tasks.js";

const PAGE = 20;
const MOST = 200; // rows that are kept up to date; the server gives no more at a time
const POLL_BUSY = 1500; // ms between looks at the list without a socket
const POLL_IDLE = 5000;
const SOON = 300; // ms in which several reasons to look make one
const HISTORY_EVERY = 10000;

/*
 * The list: {phase: "loading" | "ready" | "failed", state, operation, rows, total, error, more, notes}
 *   state, operation   the filter; "" is everything
 *   more               whether further rows are being loaded
 *   notes              id -> {busy: "cancel" | "again", error}: what became of a click on a row
 */
const EMPTY = { phase: "loading", state: "", operation: "", rows: [], total: 0, error: null, more: false, notes: {} };

let ends = null; // AbortController of the page being on show
let looking = 0; // timer of the next look
let asked = 0; // counts looks, so that only the newest answer counts

/** Follow the address: the list is kept only while it is shown. */
export function startTaskList() {
  let shown = false;
  store.on(["route"], ({ route }) => {
    if (route.tasks === shown) return;
    shown = route.tasks;
    if (shown) open();
    else close();
  });
}

function open() {
  ends = new AbortController();
  const { signal } = ends;
  store.set({ tasks: { ...EMPTY }, history: null });
  const stops = [watchAll(take), onLiveChange(() => lookIn(0)), every(HISTORY_EVERY, loadHistory)];
  const seen = () => document.visibilityState === "visible" && lookIn(0);
  document.addEventListener("visibilitychange", seen, { signal });
  signal.addEventListener("abort", () => stops.forEach((stop) => stop()));
  load(signal);
}

function close() {
  ends?.abort();
  clearTimeout(looking);
  looking = 0;
  store.set({ tasks: null, history: null });
}

function every(ms, call) {
  call();
  const timer = setInterval(() => document.visibilityState === "visible" && call(), ms);
  return () => clearInterval(timer);
}

const list = () => store.get().tasks;
const patch = (values) => list() && store.set({ tasks: { ...list(), ...values } });

/** Whether a task has not ended yet. */
export const underWay = (task) => !task.ready;

function addressOf({ state, operation }, size, page = 1) {
  const query = new URLSearchParams({ page, page_size: size, results: "false" });
  if (state) query.set("state", state);
  if (operation) query.set("operation", operation);
  return `/api/tasks?${query}`;
}

/** Load the list from its beginning, as many rows as are shown. */
async function load(signal) {
  const mine = ++asked;
  const { state, operation, rows } = list();
  const size = Math.min(MOST, Math.max(PAGE, rows.length));
  try {
    const answer = await insist(() => getJson(addressOf({ state, operation }, size), { signal }), signal);
    if (mine !== asked || !list()) return;
    const beyond = rows.slice(size); // rows further down than the server gives at once keep the state they have
    patch({ phase: "ready", rows: merged(answer.tasks, beyond), total: answer.total_count, error: null });
  } catch (error) {
    if (error instanceof Cancelled || mine !== asked || !list()) return;
    if (list().phase === "ready") return; // what is shown stays; it is tried again
    patch({ phase: "failed", error });
  } finally {
    if (mine === asked && list()) lookLater();
  }
}

function merged(first, rest) {
  const known = new Set(first.map((task) => task.task_id));
  return [...first, ...rest.filter((task) => !known.has(task.task_id))];
}

/** Without a socket the list is asked for again and again; with one only when something new has come. */
function lookLater() {
  if (isLive()) return;
  lookIn(list().rows.some(underWay) ? POLL_BUSY : POLL_IDLE);
}

function lookIn(ms) {
  clearTimeout(looking);
  looking = setTimeout(() => {
    if (!list()) return;
    if (document.visibilityState === "visible") load(ends.signal);
    else lookLater();
  }, ms);
}

/** A task's state came by the socket. */
function take(status) {
  if (list()?.phase !== "ready") return;
  const { rows, state } = list();
  const index = rows.findIndex((task) => task.task_id === status.task_id);
  if (index < 0) {
    if (!status.ready || !state) lookIn(SOON); // a new one: its row also says which document it belongs to
    return;
  }
  const { result: _, ...rest } = status;
  if (rows[index].ready && rows[index].updated_at === rest.updated_at) return;
  const ended = !rows[index].ready && rest.ready;
  const row = { ...rest, document: rows[index].document, can_run_again: rows[index].can_run_again };
  patch({ rows: rows.with(index, row) });
  if (ended || (state && rows[index].state !== rest.state)) lookIn(SOON); // whether it can run again; whether it is still among these
}

/** Show only tasks in this state and of this operation; "" is all. */
export function filterTasks(filter) {
  patch({ ...filter, phase: "loading", rows: [], total: 0, notes: {} });
  load(ends.signal);
}

export function reloadTasks() {
  patch({ phase: "loading", error: null });
  load(ends.signal);
}

/** Load further rows. */
export async function moreTasks() {
  const { rows, state, operation, more } = list();
  if (more) return;
  patch({ more: true });
  try {
    const page = Math.floor(rows.length / PAGE) + 1;
    const answer = await getJson(addressOf({ state, operation }, PAGE, page), { signal: ends.signal });
    patch({ more: false, rows: merged(list().rows, answer.tasks), total: answer.total_count });
    announce(`${list().rows.length} tasks are shown.`);
  } catch (error) {
    if (error instanceof Cancelled) return;
    patch({ more: false });
    announce(`Further tasks could not be loaded. ${error.message}`);
  }
}

const note = (id, value) => patch({ notes: { ...list().notes, [id]: value } });

export async function cancelRow(id) {
  note(id, { busy: "cancel" });
  try {
    await cancelTask(id);
    announce("The task is being cancelled.");
    note(id, null);
  } catch (error) {
    if (list()) note(id, { error, title: "It was not cancelled" });
  }
  if (list()) lookIn(SOON);
}

export async function runAgain(id) {
  note(id, { busy: "again" });
  try {
    await postJson(`/api/tasks/${encodeURIComponent(id)}/run_again`, {}, { timeout: 120000 });
    announce("The work is being done again, as a new task.");
    if (list()) note(id, null);
  } catch (error) {
    if (list()) note(id, { error, title: "It was not run again" });
  }
  if (list()) lookIn(0);
}

async function loadHistory() {
  try {
    const { minutes } = await getJson("/api/tasks/history", { signal: ends.signal });
    store.set({ history: { minutes } });
  } catch (error) {
    if (error instanceof Cancelled || !list()) return;
    if (!store.get().history?.minutes) store.set({ history: { error } }); // what was read before stays, and moves on with the next look
  }
}
