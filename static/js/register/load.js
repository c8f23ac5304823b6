/** Loads what the address of the register asks for, and knows what is on its way. */

import { announce } from "../announce.js";
import { Cancelled, postJson } from "../api.js";
import { browser } from "../memory.js";
import { go } from "../route.js";
import { store } from "../store.js";
import { insist } from "../tasks.js";
import * as words from "../words.js";
import { CONTRACTS, ask, overview } from "./ask.js";
import { DEFAULT_COLUMNS } from "./columns.js";
import { filtersOf, linkToQuery, parseQuery } from "./query.js";
import { register } from "./state.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 35rem)");
const DIMENSIONS = {
  contractors: "contractor",
  organizations: "organization",
  areas: "area",
  business_categories: "category",
  shares: "category",
};
const running = {}; // name -> {asked: what was asked, ends: AbortController}

/** The dimension whose names a chart shows, or null for a chart of time. */
export const dimensionOf = (chart) => DIMENSIONS[chart] ?? null;

export function startLoading() {
  let shown = false;
  store.on(["route"], ({ route }) => {
    const now = route.page === "register";
    if (now) {
      const query = parseQuery(route.query);
      if (needsColumns(query)) return go(linkToQuery({ columns: browser.get("columns", null) }, query), { replace: true });
      register.set({ query });
      if (!shown) loadOverview();
      else if (register.get().overview?.rows) loadAll();
    } else if (shown) for (const name of Object.keys(running)) stop(name);
    shown = now;
    return undefined;
  });
  for (const look of [dark, narrow]) look.addEventListener("change", () => shown && loadAll());
}

/** Whether this browser shows other columns than usual and the address doesn't say so yet: it is shared with them. */
function needsColumns({ columns }) {
  const remembered = browser.get("columns", null);
  return columns === null && Array.isArray(remembered) && remembered.length > 0 && remembered.join() !== DEFAULT_COLUMNS.join();
}

/** What the register holds; then, if it holds anything, what is asked for. */
export async function loadOverview() {
  try {
    const answer = await overview();
    const changed = answer.version !== register.get().overview?.version;
    register.set({ overview: answer });
    if (changed) for (const name of Object.keys(running)) stop(name);
    if (answer.rows) loadAll();
  } catch (error) {
    if (!(error instanceof Cancelled)) register.set({ overview: { error } });
  }
}

/** Ask for everything that the address shows and that isn't there yet. */
export function loadAll() {
  const { query, overview: known } = register.get();
  const filters = filtersOf(query);
  const version = known?.version;
  load("totals", { filters, version }, (options) => ask("analytics", { filters, topN: 1 }, options));
  if (query.view === "contracts") {
    const body = { filters, page: query.page, page_size: query.size, sort_by: query.sort, sort_direction: query.direction };
    load("found", { ...body, version }, (options) => ask("search", body, options), tellFound);
  } else {
    const theme = dark.matches ? "dark" : "light";
    const measure = query.rank === "count" ? "count" : "total_value";
    const chart = { filters, charts: [query.chart], measure, topN: 15, theme, narrow: narrow.matches };
    load("charts", { ...chart, version }, async ({ signal }) => {
      const answer = await insist(() => postJson(`${CONTRACTS}/charts/`, chart, { signal, timeout: 120000 }), signal);
      return { ...answer.charts[0], theme };
    });
    const dimension = dimensionOf(query.chart);
    if (!dimension) return;
    const body = { filters, dimension, page: query.rankPage, page_size: 20, sort_by: query.rank, sort_direction: query.rankDirection };
    load("ranking", { ...body, version }, async (options) => ({ ...(await ask("analytics-paginated", body, options)), dimension }));
  }
}

/** Ask again for something that failed or was cancelled. */
export function again(name) {
  delete running[name];
  loadAll();
}

/** Stop asking; what was there before stays. */
export function cancel(name) {
  stop(name);
  register.set({ [name]: { ...register.get()[name], phase: "cancelled" } });
  announce("Cancelled.");
}

function stop(name) {
  running[name]?.ends.abort();
  delete running[name];
}

async function load(name, what, run, tell = () => {}) {
  const asked = JSON.stringify(what);
  if (running[name]?.asked === asked) return;
  stop(name);
  const ends = new AbortController();
  const mine = { asked, ends };
  running[name] = mine;
  const put = (patch) => running[name] === mine && register.set({ [name]: { ...register.get()[name], ...patch } });
  put({ phase: "loading", since: Date.now(), error: null, status: "", progress: null });
  try {
    const data = await run({ signal: ends.signal, onStatus: ({ status, progress }) => put({ status, progress: progress || null }) });
    put({ phase: "ready", data });
    if (running[name] === mine) tell(data);
  } catch (error) {
    if (error instanceof Cancelled && ends.signal.aborted) return; // something newer was asked for
    if (error instanceof Cancelled) put({ phase: "cancelled" });
    else put({ phase: "failed", error });
    delete running[name];
  }
}

function tellFound({ pagination }) {
  const { page, total_pages: pages, total_count: total } = pagination;
  announce(total ? `${words.count(total, "contract")}. Page ${page} of ${words.number(pages)}.` : "No contract is like that.");
}
