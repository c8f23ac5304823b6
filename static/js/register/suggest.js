/** What the search field offers for the text in it: meanings, names with their counts, and the words themselves. */

import { Cancelled } from "../api.js";
import * as words from "../words.js";
import { options } from "./ask.js";
import { KINDS, NAMED, interpretations } from "./kinds.js";
import { filtersOf } from "./query.js";
import { register } from "./state.js";

const FEW = 4; // names a kind when all kinds are offered
const MANY = 15; // when one is chosen

/**
 * Offer groups by `onGroups`: [{label, items: [{chip, shown, note}]}], those that need no server and then names.
 *
 * @param {string} typed
 * @param {string} only a kind, or "" for all
 * @param {{signal: AbortSignal, onGroups: function(Object[], boolean): void}} options the second argument of `onGroups`: is more to come
 */
export async function suggest(typed, only, { signal, onGroups }) {
  const text = typed.trim();
  const first = atOnce(text, only);
  const kinds = NAMED.filter((kind) => !only || only === kind);
  if (!kinds.length || (!text && !only)) return onGroups(first, false);
  const { query } = register.get();
  const found = await Promise.all(kinds.map((kind) => namesOf(kind, text, query, signal)));
  if (signal.aborted) return undefined;
  const most = only ? MANY : FEW;
  const groups = found
    .map((names, index) => groupOf(kinds[index], names.slice(0, most), text, query))
    .filter((group) => group.items.length);
  return onGroups([...first, ...groups], false);
}

/** Names of one kind under the other filters: within a kind chips are joined by "or", so its own don't narrow it. */
async function namesOf(kind, text, query, signal) {
  const filters = filtersOf({ ...query, [kind]: [] });
  try {
    return await options(kind, text, filters, signal);
  } catch (error) {
    if (error instanceof Cancelled) return [];
    return []; // the words themselves can still be searched for; the search says what is wrong
  }
}

/** The groups that need no server: what the text may mean, and its words. */
export function atOnce(typed, only) {
  const text = typed.trim();
  if (!text) return [];
  const meanings = interpretations(text)
    .filter(({ kind }) => !only || only === kind)
    .map((chip) => ({ chip, shown: chip.shown, note: KINDS[chip.kind].label.toLowerCase() }));
  const groups = meanings.length ? [{ label: "Time and value", items: meanings }] : [];
  if (!only || only === "keywords") {
    const item = { chip: { kind: "keywords", text, shown: text }, shown: `“${text}”`, note: KINDS.keywords.hint };
    groups.push({ label: "Words", items: [item] });
  }
  return groups;
}

function groupOf(kind, names, text, query) {
  const items = names
    .filter(({ name }) => !query[kind].includes(name))
    .map(({ name, count }) => ({ chip: { kind, text: name, shown: name }, shown: name, note: words.number(count) }));
  if (text && items.length > 1) items.unshift({ chip: { kind, text, shown: text }, shown: `any with “${text}”`, note: "" });
  return { kind, label: KINDS[kind].label, items };
}

/** Of groups of names those names that also contain a longer text: what can be shown until the server has answered. */
export function stillFitting(groups, typed, only) {
  const text = typed.trim().toLowerCase();
  return groups
    .filter(({ kind }) => !only || only === kind)
    .map((group) => ({ ...group, items: group.items.filter(({ note, shown }) => note && shown.toLowerCase().includes(text)) }))
    .filter(({ items }) => items.length);
}
