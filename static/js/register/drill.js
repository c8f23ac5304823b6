/** Narrowing the search down to what a mark of a chart, or a row of its table, stands for. */

import { linkToQuery, queryOf } from "./query.js";
import { register } from "./state.js";

/** Where it leads: from names to their years, from years to their months, from months to the contracts. */
const NEXT = { trend_year: "trend_month", trend_quarter: "trend_month" };

/** The address that narrows the search to what a mark of a chart stands for. */
export function linkOf(chart, filter) {
  const { query } = register.get();
  const narrowed = { ...query, page: 1, rankPage: 1 };
  for (const [name, value] of Object.entries(queryOf(filter))) if (name === "value" ? value : value.length) narrowed[name] = value;
  if (chart === "trend_month" || (NEXT[chart] && !hasMonths(filter))) return linkToQuery({ view: "contracts" }, narrowed);
  return linkToQuery({ chart: NEXT[chart] ?? "trend_year" }, narrowed);
}

/** Whether months are known of the years that a filter names: some sources only tell the year. */
function hasMonths({ time_ranges: times }) {
  const months = register.get().totals?.data?.results?.by_month ?? [];
  return months.some(({ label }) => times?.some(({ year }) => String(label).startsWith(`${year}-`)));
}
