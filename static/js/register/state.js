/** What the register's page knows, apart from the rest of the page: one store, changed by `load.js`. */

import { createStore } from "../store.js";
import { EMPTY } from "./query.js";

/*
 * Each of found, totals, charts and ranking is {phase: "loading" | "ready" | "failed" | "cancelled", data, error, progress, status}:
 * what was there before stays in `data` while something newer is on its way.
 */
export const register = createStore({
  query: EMPTY, // what the address says
  overview: null, // {rows, version, imports, first_date, last_date, damaged}, {error}, or null while loading
  found: null, // the page of contracts
  totals: null, // the summary
  charts: null, // the chart shown, with its table
  ranking: null, // the table behind a chart of names, paged
  saved: null, // saved sets of filters: {list} or {error}
  exporting: null, // {phase: "running" | "done" | "failed", ...}, see export.js
  focusChip: null, // which field gets the focus after chips were drawn again
});
