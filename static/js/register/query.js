/**
 * What is searched for, as the address says it, and as the server wants to hear it.
 *
 * A query: {contractors, organizations, areas, business_categories, keywords: [text], time: [text], value: {min, max} | null,
 * sort, direction, page, size, view, chart, columns, rank}. A time is written "2024", "2024-Q2" or "2024-01-01..2024-06-30".
 */

import { REGISTER } from "../route.js";
import { DEFAULT_COLUMNS, SORTABLE } from "./columns.js";

export const LISTS = { contractors: "c", organizations: "o", areas: "a", business_categories: "b", keywords: "k" };
export const VIEWS = ["contracts", "charts"];
export const CHARTS = [
  "trend_year",
  "trend_quarter",
  "trend_month",
  "contractors",
  "organizations",
  "areas",
  "business_categories",
  "shares",
];
export const SIZES = [20, 50, 100, 200];
const RANKS = ["total_value", "count", "label", "avg_value"];

export const EMPTY = Object.freeze({
  contractors: [],
  organizations: [],
  areas: [],
  business_categories: [],
  keywords: [],
  time: [],
  value: null,
  sort: "award_date",
  direction: "desc",
  page: 1,
  size: 50,
  view: "contracts",
  chart: "trend_year",
  columns: null, // null: those that this browser remembers
  rank: "total_value", // what the table behind a chart is sorted by
  rankDirection: "desc",
  rankPage: 1,
});

/** @param {string} text what stands behind the question mark of the address */
export function parseQuery(text) {
  const found = new URLSearchParams(text);
  const query = { ...EMPTY };
  for (const [name, letter] of Object.entries(LISTS)) query[name] = unique(found.getAll(letter));
  query.time = unique(found.getAll("t")).filter((time) => timeRange(time));
  query.value = valueOf(found.get("min"), found.get("max"));
  const [sort, direction] = (found.get("sort") ?? "").split(".");
  if (SORTABLE.includes(sort)) Object.assign(query, { sort, direction: direction === "asc" ? "asc" : "desc" });
  query.page = natural(found.get("page"), 1);
  if (SIZES.includes(Number(found.get("size")))) query.size = Number(found.get("size"));
  if (VIEWS.includes(found.get("view"))) query.view = found.get("view");
  if (CHARTS.includes(found.get("chart"))) query.chart = found.get("chart");
  if (found.get("columns")) query.columns = found.get("columns").split(".");
  const [rank, rankDirection] = (found.get("rank") ?? "").split(".");
  if (RANKS.includes(rank)) Object.assign(query, { rank, rankDirection: rankDirection === "asc" ? "asc" : "desc" });
  query.rankPage = natural(found.get("rows"), 1);
  return query;
}

/** The address of a query; what is as usual is left out. */
export function linkToQuery(changes, base = EMPTY) {
  const query = { ...base, ...changes };
  const words = new URLSearchParams();
  for (const [name, letter] of Object.entries(LISTS)) for (const chip of query[name]) words.append(letter, chip);
  for (const time of query.time) words.append("t", time);
  if (query.value?.min !== undefined) words.set("min", query.value.min);
  if (query.value?.max !== undefined) words.set("max", query.value.max);
  if (query.sort !== EMPTY.sort || query.direction !== EMPTY.direction) words.set("sort", `${query.sort}.${query.direction}`);
  if (query.view === "contracts") {
    if (query.page > 1) words.set("page", query.page);
  } else {
    words.set("view", query.view);
    if (query.chart !== EMPTY.chart) words.set("chart", query.chart);
    if (query.rank !== EMPTY.rank || query.rankDirection !== EMPTY.rankDirection) words.set("rank", `${query.rank}.${query.rankDirection}`);
    if (query.rankPage > 1) words.set("rows", query.rankPage);
  }
  if (query.size !== EMPTY.size) words.set("size", query.size);
  if (query.columns && query.columns.join() !== DEFAULT_COLUMNS.join()) words.set("columns", query.columns.join("."));
  const text = words.toString();
  return text ? `${REGISTER}?${text}` : REGISTER;
}

/** The filters of a query as the server wants them. */
export function filtersOf(query) {
  const filters = {};
  for (const name of Object.keys(LISTS)) if (query[name].length) filters[name] = query[name];
  if (query.time.length) filters.time_ranges = query.time.map(timeRange);
  if (query.value) filters.value_range = query.value;
  return filters;
}

/** The part of a query that filters of the server say: what a saved set or a bar of a chart stands for. */
export function queryOf(filters) {
  const query = {};
  for (const name of Object.keys(LISTS)) query[name] = filters[name] ?? [];
  query.time = (filters.time_ranges ?? []).map(timeText).filter(Boolean);
  const { min, max } = filters.value_range ?? {};
  query.value = valueOf(min, max);
  return query;
}

export const isFiltered = (query) => Object.keys(filtersOf(query)).length > 0;

/** "2024-Q2" -> {type: "quarterly", year: 2024, quarter: 2}; null for what isn't a time. */
export function timeRange(text) {
  const year = /^(\d{4})$/.exec(text);
  if (year) return { type: "yearly", year: Number(year[1]) };
  const quarter = /^(\d{4})-Q([1-4])$/.exec(text);
  if (quarter) return { type: "quarterly", year: Number(quarter[1]), quarter: Number(quarter[2]) };
  const custom = /^(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)$/.exec(text);
  return custom && { type: "custom", startDate: custom[1], endDate: custom[2] };
}

export function timeText(range) {
  if (range.type === "yearly") return String(range.year);
  if (range.type === "quarterly") return `${range.year}-Q${range.quarter}`;
  return range.startDate && range.endDate ? `${range.startDate}..${range.endDate}` : null;
}

function valueOf(min, max) {
  const value = {};
  if (isNumber(min)) value.min = Number(min);
  if (isNumber(max)) value.max = Number(max);
  return Object.keys(value).length ? value : null;
}

const isNumber = (text) => text !== null && text !== undefined && text !== "" && Number.isFinite(Number(text));
const unique = (list) => [...new Set(list.filter((text) => text.trim()))];
const natural = (text, otherwise) => (/^[1-9]\d{0,9}$/.test(text ?? "") ? Number(text) : otherwise);
