/**
 * Live updates: one WebSocket of the page, open only while somebody wants to hear of a task.
 *
 * Whoever watches a task asks `isLive()` and polls while that is false: the socket may be refused, blocked by a proxy, told
 * to stay away or cut at any moment.
 */

const PATH = "/ws/tasks/status/";
const FIRST_PAUSE = 1000; // ms before another try; doubles with each that fails
const LAST_PAUSE = 60000;
const AWAY_PAUSE = 30000; // after we were told to poll
const PATIENCE = 5000; // for a socket to open
const LINGER = 30000; // kept open for this long after the last watcher has left
const TRY_AGAIN_LATER = 1013;

const watchers = new Map(); // id -> Set of functions
const watchingAll = new Set();
const changeListeners = new Set();
let socket = null;
let heardAnything = false;
let failures = 0;
let timer = 0;
let goodbye = 0;
let notBefore = 0;
let subscribed = ""; // what the server was asked for last

/** Whether states arrive by themselves now. */
export const isLive = () => socket?.readyState === WebSocket.OPEN;
/** Whether that is being found out at this moment. */
export const isConnecting = () => socket?.readyState === WebSocket.CONNECTING;

/** Hear of every state of a task; returns a function that ends it. */
export function watch(id, hear) {
  if (!watchers.has(id)) watchers.set(id, new Set());
  watchers.get(id).add(hear);
  need();
  return () => {
    watchers.get(id)?.delete(hear);
    if (!watchers.get(id)?.size) watchers.delete(id);
    need();
  };
}

/** Hear of every state of all of one's tasks; returns a function that ends it. */
export function watchAll(hear) {
  watchingAll.add(hear);
  need();
  return () => {
    watchingAll.delete(hear);
    need();
  };
}

/** Hear when the socket opens or ends; returns a function that ends it. */
export function onLiveChange(call) {
  changeListeners.add(call);
  return () => changeListeners.delete(call);
}

/** The server can't be reached, or seems to be silent: don't rely on this socket any more. */
export function drop() {
  if (socket) end(socket, { code: 1006 });
}

/** The server can be reached again: no need to wait for the next try. */
export function retry() {
  if (socket) return;
  clearTimeout(timer);
  timer = 0;
  need();
}

const wanted = () => watchingAll.size > 0 || watchers.size > 0;

/** See to it that there is a socket if one is needed, and that the server knows what is wanted. */
function need() {
  clearTimeout(goodbye);
  if (isLive()) queueMicrotask(subscribe);
  if (!wanted()) {
    goodbye = setTimeout(() => !wanted() && socket?.close(1000), LINGER);
    return;
  }
  if (!socket && !timer) schedule(0);
}

function schedule(pause) {
  clearTimeout(timer);
  const wait = Math.max(pause, notBefore - Date.now());
  if (wait <= 0) return connect();
  timer = setTimeout(connect, wait);
  return undefined;
}

function connect() {
  timer = 0;
  if (socket || !wanted() || !navigator.onLine) return;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  let opened;
  try {
    opened = new WebSocket(`${scheme}//${location.host}${PATH}`);
  } catch {
    failures += 1; // not allowed here: the page goes on polling
    notBefore = Date.now() + LAST_PAUSE;
    return;
  }
  socket = opened;
  subscribed = "";
  heardAnything = false;
  setTimeout(() => opened.readyState === WebSocket.CONNECTING && end(opened, { code: 1006 }), PATIENCE);
  opened.addEventListener("open", () => {
    if (opened !== socket) return opened.close();
    subscribe();
    return tell();
  });
  opened.addEventListener("message", (event) => opened === socket && hear(event.data));
  opened.addEventListener("close", (event) => end(opened, event));
}

function subscribe() {
  if (!isLive()) return;
  const ids = watchingAll.size ? null : [...watchers.keys()].slice(0, 200).sort();
  const message = JSON.stringify({ subscribe: ids });
  if (message === subscribed) return;
  subscribed = message;
  socket.send(message);
}

function hear(data) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return; // not from a server of ours
  }
  if (message.poll) notBefore = Date.now() + Math.max(AWAY_PAUSE, (message.error?.retry_after ?? 0) * 1000);
  if (!message.task_id) return;
  heardAnything = true;
  for (const call of [...(watchers.get(message.task_id) ?? []), ...watchingAll]) call(message);
}

function end(ended, { code }) {
  if (ended !== socket) return;
  socket = null;
  ended.close();
  if (heardAnything) failures = 0;
  if (code === TRY_AGAIN_LATER) notBefore = Math.max(notBefore, Date.now() + AWAY_PAUSE);
  tell();
  if (!wanted()) return;
  const pause = Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** failures);
  failures += 1;
  schedule(pause * (0.75 + Math.random() / 2)); // not all pages at the same moment
}

function tell() {
  for (const call of [...changeListeners]) call();
}

addEventListener("offline", drop);
addEventListener("online", retry);
addEventListener("pagehide", drop);
addEventListener("pageshow", (event) => event.persisted && need());
