/** Is the server there, and what does its queue say: asked every few seconds while the tab is looked at. */

import { announce } from "./announce.js";
import { Cancelled, getJson, listen, newKey } from "./api.js";
import { setServerTime } from "./clock.js";
import { drop, retry } from "./live.js";
import { store } from "./store.js";
import { work } from "./tasks.js";

const EVERY = 4000; // ms
const EVERY_ON_TASKS = 2000; // where the numbers are what is looked at
const EVERY_OFFLINE = 2000;
let timer = 0;

export function startConnection() {
  listen({
    reachable(now) {
      if (store.get().reachable === now) return;
      store.set({ reachable: now });
      if (now) retry();
      else drop();
      announce(now ? "Connected again." : "The server can't be reached. The page keeps trying.");
    },
    signedOut: () => store.set({ signedOut: true }),
  });
  document.addEventListener("visibilitychange", schedule);
  addEventListener("online", look);
  addEventListener("offline", look);
  store.on(["route"], ({ route }) => route.tasks && look());
  look();
}

function schedule() {
  clearTimeout(timer);
  if (document.visibilityState === "visible") timer = setTimeout(look, pauseNow());
}

function pauseNow() {
  const { reachable, route } = store.get();
  if (!reachable) return EVERY_OFFLINE;
  return route.tasks ? EVERY_ON_TASKS : EVERY;
}

async function look() {
  clearTimeout(timer);
  if (document.visibilityState === "visible") {
    try {
      const stats = await getJson("/queue_stats", { timeout: 8000 });
      setServerTime(stats.now);
      store.set({ stats });
    } catch (error) {
      if (error.status) store.set({ stats: { error } }); // an error of the server; one of the network shows as the banner
    }
  }
  schedule();
}

/** Ask the reviewer whether it can be reached. */
export async function testConnection() {
  if (store.get().connectionTest?.phase === "running") return;
  store.set({ connectionTest: { phase: "running" } });
  try {
    const result = await work("/test_claude_connection", {}, { key: newKey() });
    store.set({ connectionTest: { phase: result.connected ? "done" : "failed", ...result } });
    announce(result.connected ? "The reviewer answers." : `The reviewer doesn't answer. ${result.message ?? ""}`);
  } catch (error) {
    const message = error instanceof Cancelled ? "The test was cancelled." : error.message;
    store.set({ connectionTest: { phase: "failed", message, hint: error.hint } });
    announce(`The test failed. ${message}`);
  }
}
