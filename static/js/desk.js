/** Loads what the address names: the list of documents, one document, one section. */

import { resumeAnalysis } from "./analysis.js";
import { Cancelled, call, getJson } from "./api.js";
import { resumeChat } from "./chat.js";
import { rememberedTask } from "./memory.js";
import { recallFailed, resumeDocument } from "./review/whole-run.js";
import { WHOLE, go, linkTo } from "./route.js";
import { fetchSection, fetchWhole } from "./section.js";
import { store } from "./store.js";
import { insist, peek } from "./tasks.js";

const PARSING_DELAY = 600; // ms between looks at a document that is being read
let loading = new AbortController(); // what belongs to the address shown; another address ends it

/** Follow the address from now on. */
export function startDesk() {
  let shown = null;
  store.on(["route"], ({ route, session }) => {
    const same = shown && ["page", "session", "section"].every((key) => shown[key] === route[key]);
    shown = route;
    if (same && (session || !route.session)) return; // only the filters changed
    loading.abort();
    loading = new AbortController();
    open(route, loading.signal).catch((error) => {
      if (!(error instanceof Cancelled)) throw error;
    });
  });
}

async function open(route, signal) {
  const { active, filters } = store.get();
  const stays = route.session && (filters.scope === "all" || active?.startsWith(`${route.section}.`));
  store.set({ active: stays ? active : null, hovered: null });
  if (!route.session) {
    store.set({ session: null, section: null, passage: null });
    return route.page === "documents" ? loadDocuments(signal) : undefined;
  }
  let { session } = store.get();
  if (session?.id !== route.session || session.phase !== "ready") session = await loadSession(route.session, signal);
  if (session.phase !== "ready") return undefined;
  if (route.section === null)
    return go(`${linkTo(session.id, session.sections[0].index)}${route.query ? `?${route.query}` : ""}`, { replace: true });
  return loadSection(session, route.section, signal);
}

/** Load the list of earlier documents. */
export async function loadDocuments(signal = loading.signal) {
  try {
    const answer = await insist(() => getJson("/sessions", { signal }), signal);
    store.set({ documents: { list: answer.sessions, page: answer.page, total: answer.total_count } });
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    store.set({ documents: { error } });
  }
}

/** Load the next page of the list. */
export async function moreDocuments() {
  const { documents } = store.get();
  try {
    const page = documents.page + 1;
    const answer = await getJson(`/sessions?page=${page}`);
    const known = new Set(documents.list.map((document) => document.session_id));
    const list = [...documents.list, ...answer.sessions.filter((document) => !known.has(document.session_id))];
    store.set({ documents: { list, page, total: answer.sessions.length ? answer.total_count : list.length } });
  } catch (error) {
    store.set({ documents: { error } });
  }
}

/** Delete a document with all it holds. Raises `ApiError`. */
export async function deleteDocument(id) {
  try {
    await call("DELETE", `/sessions/${encodeURIComponent(id)}`, { timeout: 15000 });
  } catch (error) {
    if (error.status !== 404) throw error; // gone already, as wished
  }
  const { documents } = store.get();
  if (documents?.list)
    store.set({
      documents: { ...documents, total: documents.total - 1, list: documents.list.filter((document) => document.session_id !== id) },
    });
}

async function loadSession(id, signal) {
  store.set({ session: { id, phase: "loading" }, section: null, passage: null });
  const shown = {}; // how far the task is that reads the document
  for (;;) {
    let answer;
    try {
      answer = await insist(() => getJson(`/sessions/${encodeURIComponent(id)}`, { signal }), signal);
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      return put({ id, phase: error.status === 404 ? "missing" : "failed", error });
    }
    const session = {
      id,
      name: answer.document_name,
      kind: answer.kind,
      sections: answer.sections ?? [],
      warnings: answer.warnings ?? [],
      checks: checksOf(answer.guidelines),
      document: answer.document ?? null, // what is known of the review of the whole document
    };
    if (answer.state === "failed") return put({ ...session, phase: "failed", error: answer.error, unreadable: true });
    if (answer.state !== "parsing") {
      put({ ...session, phase: "ready" });
      resume(id, answer);
      return store.get().session;
    }
    put({ ...session, phase: "parsing", ...shown });
    Object.assign(shown, await parsingStep({ ...session, ...shown }, answer.active_tasks?.[0]?.task_id, signal));
  }
}

/** Id of a check of the guidelines -> its title. */
const checksOf = (guidelines) => Object.fromEntries((guidelines ?? []).map(({ id, title }) => [id, title]));

function put(session) {
  store.set({ session });
  return session;
}

/** Wait a moment, showing meanwhile how far the task is that reads the document; resolves to that. */
async function parsingStep(session, task, signal) {
  let shown = {};
  const show = ({ status, progress }) => {
    shown = { status, progress };
    put({ ...session, phase: "parsing", ...shown });
  };
  await peek(task, { onStatus: show, signal, ms: PARSING_DELAY }); // the document's own state, asked again after it, says what matters
  return shown;
}

function resume(id, answer) {
  const tasks = answer.active_tasks ?? [];
  resumeChat(id, answer.chat ?? [], tasks.find((task) => task.operation.includes("chat"))?.task_id);
  const whole = tasks.find((task) => task.operation === "analyze_document")?.task_id ?? rememberedTask(`${id}/${WHOLE}`);
  if (whole) return resumeDocument(id, whole); // it says how its sections are going
  recallFailed(id, answer.sections);
  for (const { index } of answer.sections) {
    const task = tasks.find((candidate) => candidate.section_index === index && !candidate.operation.includes("chat"));
    const known = task?.task_id ?? rememberedTask(`${id}/${index}`);
    if (known) resumeAnalysis(id, index, known);
  }
  return undefined;
}

async function loadSection(session, index, signal) {
  const place = { session: session.id, index };
  if (index === WHOLE) return loadWhole(place, signal);
  const row = session.sections.find((section) => section.index === index);
  if (!row) return store.set({ section: { ...place, phase: "missing" } });
  store.set({ section: { ...place, title: row.name, phase: "loading" } });
  try {
    const section = await fetchSection(session.id, row.name, signal);
    store.set({ section: { ...place, phase: "ready", ...section } });
    if (section.activeTask) resumeAnalysis(session.id, index, section.activeTask);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    if (error.status === 404) put({ id: session.id, phase: "missing", error });
    else store.set({ section: { ...place, title: row.name, phase: "failed", error } });
  }
  return undefined;
}

async function loadWhole(place, signal) {
  store.set({ section: { ...place, title: null, phase: "loading" } });
  try {
    store.set({ section: { ...place, phase: "ready", ...(await fetchWhole(place.session, signal)) } });
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    store.set({ section: { ...place, title: null, phase: "failed", error } });
  }
}

/** Load again what is shown, after a failure. */
export function reload() {
  store.set({ session: null, section: null, route: { ...store.get().route } });
}
