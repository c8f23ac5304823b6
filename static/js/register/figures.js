/** Amounts, dates and shares in words. */

const whole = new Intl.NumberFormat("en");
const exact = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const rounded = new Intl.NumberFormat("en", { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 4 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const calendar = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const months = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });

/** "1,234,567.50" */
export const amount = (value) => exact.format(value);
/** "5.731 billion" */
export const about = (value) => (Math.abs(value) < 1_000_000 ? exact.format(value) : rounded.format(value));
/** "5.73B" */
export const brief = (value) => short.format(value);
/** "12,345" or "2.5" */
export const plain = (value) => whole.format(value);

/** "31 Mar 2024" of "2024-03-31"; a year alone stays one. */
export function day(value) {
  return /^\d{4}-\d\d-\d\d$/.test(value) ? calendar.format(Date.parse(value)) : String(value);
}

/** "Mar 2024" of "2024-03" */
export const month = (value) => months.format(Date.parse(`${value}-01`));

/** A time of the query in words: "2024", "2nd quarter of 2024", "1 Jan 2024 – 30 Jun 2024". */
export function time(text) {
  const quarter = /^(\d{4})-Q([1-4])$/.exec(text);
  if (quarter) return `${["1st", "2nd", "3rd", "4th"][quarter[2] - 1]} quarter of ${quarter[1]}`;
  const [from, to] = text.split("..");
  if (!to) return text;
  if (from.endsWith("-01-01") && to.endsWith("-12-31")) return `${from.slice(0, 4)} – ${to.slice(0, 4)}`;
  if (from.slice(0, 7) === to.slice(0, 7) && from.endsWith("-01") && to === lastOf(from)) return month(from.slice(0, 7));
  return `${day(from)} – ${day(to)}`;
}

/** The last day of the month of a day. */
export function lastOf(date) {
  const [year, number] = date.split("-").map(Number);
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
}

/** A range of values in words: "1M – 5M", "at least 1M". */
export function range({ min, max }) {
  if (min === undefined) return `up to ${brief(max)}`;
  if (max === undefined) return `at least ${brief(min)}`;
  return `${brief(min)} – ${brief(max)}`;
}
