/** The kinds of chips and what typed text may mean. */

import { lastOf, range, time } from "./figures.js";
import { EMPTY } from "./query.js";

/** Lists of the query in the order they are shown. `every` is what stands before a text that many names contain. */
export const KINDS = {
  keywords: { label: "Words", hint: "in the title or the item" },
  contractors: { label: "Contractor", hint: "who was awarded" },
  organizations: { label: "Organization", hint: "who buys" },
  areas: { label: "Area", hint: "where it is delivered" },
  business_categories: { label: "Category", hint: "of business" },
  time: { label: "Time", hint: "a year, a quarter, a month or a range" },
  value: { label: "Value", hint: "of the contract" },
};
export const NAMED = ["contractors", "organizations", "areas", "business_categories"];

/** The chips of a query: [{kind, text, shown}]. */
export function chipsOf(query) {
  const chips = [];
  for (const kind of Object.keys(KINDS)) {
    if (kind === "value") {
      if (query.value) chips.push({ kind, text: "", shown: range(query.value) });
    } else for (const text of query[kind]) chips.push({ kind, text, shown: kind === "time" ? time(text) : text });
  }
  return chips;
}

/** The query with a chip more; its first page. */
export function withChip(query, { kind, text, value }) {
  const first = { page: 1, rankPage: 1 };
  if (kind === "value") return { ...query, ...first, value };
  return query[kind].includes(text) ? query : { ...query, ...first, [kind]: [...query[kind], text] };
}

/** The query with a chip less. */
export function withoutChip(query, { kind, text }) {
  const first = { page: 1, rankPage: 1 };
  if (kind === "value") return { ...query, ...first, value: null };
  return { ...query, ...first, [kind]: query[kind].filter((other) => other !== text) };
}

/** The query without any chip. */
export const withoutChips = (query) => {
  const none = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, EMPTY[kind]]));
  return { ...query, ...none, page: 1, rankPage: 1 };
};

const UNITS = { k: 1e3, m: 1e6, mio: 1e6, million: 1e6, b: 1e9, bn: 1e9, billion: 1e9 };
const AMOUNT = String.raw`(\d[\d,]*(?:\.\d+)?)\s*(k|m|mio|million|bn?|billion)?`;

/** What typed text may mean besides words: chips of time and of value. */
export function interpretations(typed) {
  const text = typed.trim().toLowerCase();
  return [...times(text), ...values(text)].map((chip) => ({
    ...chip,
    shown: chip.kind === "time" ? time(chip.text) : range(chip.value),
  }));
}

function times(text) {
  const chip = (meaning) => [{ kind: "time", text: meaning }];
  const year = /^(?:19|20)\d\d$/;
  if (year.test(text)) return chip(text);
  const quarter = /^(?:(\d{4})[\s-]*q([1-4])|q([1-4])[\s-]*(\d{4}))$/.exec(text);
  if (quarter) return chip(`${quarter[1] ?? quarter[4]}-Q${quarter[2] ?? quarter[3]}`);
  const month = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  if (month) return chip(`${text}-01..${lastOf(`${text}-01`)}`);
  const years = /^((?:19|20)\d\d)\s*(?:-|–|\.\.|to)\s*((?:19|20)\d\d)$/.exec(text);
  if (years && years[1] <= years[2]) return chip(`${years[1]}-01-01..${years[2]}-12-31`);
  const days = /^(\d{4}-\d\d-\d\d)\s*(?:\.\.|–|to)\s*(\d{4}-\d\d-\d\d)$/.exec(text);
  if (days && days[1] <= days[2]) return chip(`${days[1]}..${days[2]}`);
  return [];
}

function values(text) {
  const chip = (value) => [{ kind: "value", text: "", value }];
  const one = new RegExp(`^(>=?|<=?|over|above|from|under|below|up to)\\s*${AMOUNT}$`).exec(text);
  if (one) return chip({ [/^(>|over|above|from)/.test(one[1]) ? "min" : "max"]: figure(one[2], one[3]) });
  const two = new RegExp(`^${AMOUNT}\\s*(?:-|–|\\.\\.|to)\\s*${AMOUNT}$`).exec(text);
  if (!two || (!two[2] && !two[4] && !two[1].includes(",") && Number(two[3]) < 10000)) return [];
  const [min, max] = [figure(two[1], two[2] ?? two[4]), figure(two[3], two[4])];
  return min <= max ? chip({ min, max }) : [];
}

const figure = (digits, unit) => Math.round(Number(digits.replaceAll(",", "")) * (UNITS[unit] ?? 1) * 100) / 100;
