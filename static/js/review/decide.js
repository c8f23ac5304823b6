/**
 * Decisions about findings. They show at once and are sent one after another, in the order they were made; one that the server
 * refuses is put back, with the reason. While the server is out of reach a decision waits, and says so.
 */

import { announce } from "../announce.js";
import { ApiError, Unreachable, postJson } from "../api.js";
import { WHOLE } from "../route.js";
import { store } from "../store.js";
import { insist } from "../tasks.js";
import { dropFinding, findingOf, known, putCounts, putFinding } from "./findings.js";

const PATHS = { accepted: "/accept_feedback", rejected: "/reject_feedback", pending: "/revert_feedback" };
const DONE = { accepted: "Accepted", rejected: "Rejected", pending: "Undecided again" };
const NOT_DONE = { accepted: "It was not accepted", rejected: "It was not rejected", pending: "The decision was not taken back" };

let tail = Promise.resolve(); // one call after another: an undo must meet what it undoes
const waiting = new Map(); // key -> {confirmed: the finding as the server has it, left: decisions on their way}

function inTurn(run) {
  const next = tail.then(run);
  tail = next.catch(() => {});
  return next;
}

function putNote(key, note) {
  const notes = { ...store.get().notes };
  if (note) notes[key] = note;
  else delete notes[key];
  store.set({ notes });
}

/** Put away what is said about a decision that failed. */
export const dismissNote = (key) => putNote(key, null);

/** The first words of a finding, for sentences about it. */
export function shortly({ description }) {
  const words = description.trim().split(/\s+/);
  return words.length > 12 ? `${words.slice(0, 12).join(" ")}…` : words.join(" ");
}

/** In quotation marks, unless it begins with some of its own. */
const quoted = (words) => (words.startsWith("“") ? words : `“${words}”`);

/** How a call names the finding's place; no section means the whole document. */
function placeOf({ section_index: index }) {
  const { session } = store.get();
  const row = index === WHOLE ? null : session.sections.find((section) => section.index === index);
  return { session_id: session.id, section_name: row?.name ?? null };
}

const isHere = (id) => store.get().session?.id === id;

/** Decide: "accepted", "rejected" or "pending". */
export async function decide(finding, decision) {
  const { key } = finding;
  const before = findingOf(store.get(), key) ?? finding;
  if (before.decision === decision) return;
  const state = waiting.get(key) ?? { confirmed: before, left: 0 };
  waiting.set(key, state);
  state.left += 1;
  const body = { ...placeOf(before), feedback_id: before.id };
  putFinding({ ...before, decision });
  putNote(key, { phase: "saving" });
  say(`${DONE[decision]}: ${shortly(before)}`);
  try {
    const answer = await inTurn(() => insist(() => postJson(PATHS[decision], body)));
    state.confirmed = known(answer.item, before.section_index);
    if (!isHere(body.session_id)) return;
    putCounts(answer.counts);
    if (state.left === 1) settle(key, state.confirmed, null);
  } catch (error) {
    if (!isHere(body.session_id)) return;
    store.set({ lastDecision: null });
    announce(`${NOT_DONE[decision]}. ${error.message}`);
    if (error.status === 404 && state.left === 1) refused(key, state, error, decision);
    else if (state.left === 1) settle(key, state.confirmed, { phase: "failed", error, title: NOT_DONE[decision], decision });
  } finally {
    state.left -= 1;
    if (!state.left) waiting.delete(key);
  }
}

function settle(key, finding, note) {
  if (!changedMeanwhile(key)) putFinding(finding);
  putNote(key, note);
}

/** A finding that is gone, as after a new analysis, is shown as it was, with the reason. */
function refused(key, { confirmed }, error, decision) {
  settle(key, confirmed, { phase: "failed", error, title: NOT_DONE[decision], decision: null });
}

const changedMeanwhile = (key) => findingOf(store.get(), key) === null;

/** Say what was done, and offer to undo it, or to redo what was undone. */
function say(text, canUndo = true, canRedo = false) {
  store.set({ lastDecision: { text, canUndo, canRedo } });
  announce(`${text}.`);
}

/** Save what was written over a finding. Raises `ApiError`; the server keeps what the reviewer had written. */
export async function saveEdit(finding, fields) {
  const answer = await inTurn(() => postJson("/update_user_feedback", { ...placeOf(finding), feedback_id: finding.id, ...fields }));
  const item = known(answer.item, finding.section_index);
  putFinding(item);
  putCounts(answer.counts);
  say(`Changed: ${shortly(item)}`);
  return item;
}

/**
 * Add a finding of one's own; `quote` and `start` (in code points) say which words it is about. Sent again with the same key it
 * is added once. Raises `ApiError`.
 */
export async function addFinding(section, fields, key) {
  let answer;
  try {
    answer = await inTurn(() => postJson("/add_custom_feedback", { ...placeOf({ section_index: section }), ...fields }, { key }));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    throw new ApiError({ code: error.code, message: error.message, hint: "What you wrote stays here: save it when the connection is back." });
  }
  const item = known(answer.item, section);
  putFinding(item);
  putCounts(answer.counts);
  say(`Added: ${shortly(item)}`);
  return item;
}

/** Delete a finding of one's own. It can be undone. */
export async function deleteFinding(finding) {
  const { key } = finding;
  putNote(key, { phase: "saving" });
  try {
    const answer = await inTurn(() => postJson("/delete_user_feedback", { ...placeOf(finding), feedback_id: finding.id }));
    dropFinding(key);
    putNote(key, null);
    putCounts(answer.counts);
    say(`Deleted: ${shortly(finding)}`);
    return true;
  } catch (error) {
    putNote(key, { phase: "failed", error, title: "It was not deleted" });
    announce(`It was not deleted. ${error.message}`);
    return false;
  }
}

const STEPS = {
  accepted: "accepting",
  rejected: "rejecting",
  reverted: "taking back the decision on",
  edited: "the change of",
  added: "adding",
  deleted: "deleting",
};

/** Take back what was done last. Resolves to the finding it was about, or null. */
export const undo = () => step("/undo_feedback", "undone", { done: "Undone", none: "undo" });

/** Do again what was taken back last. Resolves to the finding it was about, or null. */
export const redo = () => step("/redo_feedback", "redone", { done: "Done again", none: "redo" });

async function step(path, field, words) {
  const { session } = store.get();
  if (session?.phase !== "ready") return null;
  try {
    const answer = await inTurn(() => postJson(path, { session_id: session.id }));
    if (!isHere(session.id)) return null;
    putCounts(answer.counts);
    if (!answer[field]) {
      say(`There is nothing to ${words.none}`, field === "redone");
      return null;
    }
    const { action, section_index: index, feedback_id: id } = answer[field];
    const before = findingOf(store.get(), `${index}.${id}`);
    const item = answer.item && known(answer.item, index);
    if (item) putFinding(item);
    else dropFinding(`${index}.${id}`);
    putNote(`${index}.${id}`, null);
    const about = item ?? before;
    say(`${words.done}: ${STEPS[action] ?? "the last step on"} ${about ? quoted(shortly(about)) : "a finding"}`, true, field === "undone");
    return item;
  } catch (error) {
    const text = `Nothing was ${field}. ${error.message}`;
    store.set({ lastDecision: { text, canUndo: true, canRedo: field === "redone" } });
    announce(text);
    return null;
  }
}
