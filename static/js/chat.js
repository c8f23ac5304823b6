/** Questions about a document: ask, stream the answer, cancel, pick up after a reload. */

import { describe } from "./analysis.js";
import { announce } from "./announce.js";
import { ApiError, Cancelled, Unreachable, getJson, newKey, stream } from "./api.js";
import { tab } from "./memory.js";
import { store } from "./store.js";
import { cancelTask, follow, insist, pause, resultOf } from "./tasks.js";

/*
 * A chat: {messages: [{role, text, sources, lookups}], pending, failed}
 *   pending    {question, text, status, waiting, progress, startsAt, taskId, cancelling} while an answer is made
 *   failed     {question, error, retryAt} after one that could not be made; error is null after a cancelled one
 */
const EMPTY = { messages: [], pending: null, failed: null };
export const chatOf = (state, session) => state.chats[session] ?? EMPTY;
const nameOf = (session) => `chat:${session}`;

function put(session, patch) {
  const { chats } = store.get();
  store.set({ chats: { ...chats, [session]: { ...(chats[session] ?? EMPTY), ...patch } } });
}

function putPending(session, patch) {
  const { pending } = chatOf(store.get(), session);
  if (pending) put(session, { pending: { ...pending, ...patch } });
}

/** Keep a question over a reload: the server stores it only with its answer. */
const remember = (session, id, question) => tab.set(nameOf(session), id ? { id, question } : {});

/** Ask a question; `section` is the name of the section that is being read, or null. */
export async function ask(session, question, section) {
  const chat = chatOf(store.get(), session);
  if (chat.pending || !question.trim()) return;
  const key = newKey();
  const asked = { role: "user", text: question, sources: [] };
  const last = chat.messages.at(-1);
  const repeats = last?.role === "user" && last.text === question; // asked again after a failure
  const messages = repeats ? chat.messages : [...chat.messages, asked];
  put(session, {
    messages,
    failed: null,
    pending: { question, text: "", status: "Asking", waiting: false, progress: null, startsAt: null, taskId: key, cancelling: false },
  });
  remember(session, key, question);
  const body = { session_id: session, message: question, ...(section ? { current_section: section } : {}) };
  await settle(session, question, () => answerOf(session, body, key));
}

async function answerOf(session, body, key) {
  const answer = { response: "", sources: [] };
  const onEvent = (name, data) => {
    if (name === "task") adopt(session, data.task_id);
    else if (name === "status") putPending(session, describe(data));
    else if (name === "token") {
      answer.response = data.replace ? data.text : answer.response + data.text;
      putPending(session, { text: answer.response, status: "Answering", waiting: false });
    } else if (name === "sources") answer.sources = data.sources;
    else if (name === "done") Object.assign(answer, data);
    else if (name === "error") throw new ApiError({ ...data, retryAfter: data.retry_after ?? null });
  };
  const outcome = await insist(() => {
    answer.response = ""; // sent again with the same key, the question joins the first one and is answered from the start
    return stream("/chat", body, { key, onEvent });
  });
  if (outcome.streamed && outcome.finished) return answer;
  if (!outcome.streamed && outcome.status !== 202) return outcome.data;
  if (!outcome.streamed) adopt(session, outcome.data.task_id);
  return followed(session, chatOf(store.get(), session).pending?.taskId ?? key);
}

/** The answer is made by this task, which is then the one to cancel and to pick up after a reload. */
function adopt(session, id) {
  const { pending } = chatOf(store.get(), session);
  if (!pending || pending.taskId === id) return;
  putPending(session, { taskId: id });
  remember(session, id, pending.question);
}

async function followed(session, id) {
  const onStatus = (status) => putPending(session, { ...describe(status), ...(status.partial ? { text: status.partial } : {}) });
  return resultOf(await follow(id, { onStatus }));
}

async function settle(session, question, run) {
  try {
    const { response, sources, lookups, found } = await run();
    const { messages } = chatOf(store.get(), session);
    put(session, { messages: [...messages, { role: "assistant", text: response, sources: sources ?? [], lookups: lookups ?? [], found }], pending: null });
    announce(`Answer: ${response}`);
  } catch (error) {
    const { pending } = chatOf(store.get(), session);
    const cancelled = error instanceof Cancelled || pending?.cancelling || error.code === "cancelled";
    put(session, {
      pending: null,
      failed: { question, error: cancelled ? null : error, retryAt: error.retryAfter ? Date.now() + error.retryAfter * 1000 : null },
    });
    announce(cancelled ? "Question cancelled." : `The question could not be answered. ${error.message}`);
  } finally {
    remember(session, null);
  }
}

/** Show the history the server keeps, and follow an answer that is still being made. */
export async function resumeChat(session, history, taskId) {
  if (chatOf(store.get(), session).pending) return;
  put(session, { messages: history, failed: null });
  const asked = tab.get(nameOf(session), {});
  const known = taskId ?? asked.id;
  if (!known) return;
  const question = asked.id === known ? asked.question : "";
  const messages = question ? [...history, { role: "user", text: question, sources: [] }] : history;
  put(session, {
    messages,
    pending: {
      question,
      text: "",
      status: "Picking up where it was",
      waiting: false,
      progress: null,
      startsAt: null,
      taskId: known,
      cancelling: false,
    },
  });
  try {
    await followed(session, known);
  } catch (error) {
    if (!(error instanceof Cancelled) && error.status !== 404) put(session, { failed: { question, error } });
  }
  remember(session, null);
  put(session, { pending: null });
  try {
    if (!chatOf(store.get(), session).failed)
      put(session, { messages: (await getJson(`/sessions/${encodeURIComponent(session)}`)).chat ?? [] });
  } catch (error) {
    put(session, { failed: { question, error } });
  }
}

/** Stop the answer that is being made. */
export async function cancelQuestion(session) {
  putPending(session, { cancelling: true });
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const { pending } = chatOf(store.get(), session);
    if (!pending) return;
    try {
      await cancelTask(pending.taskId);
      return;
    } catch (error) {
      if (error.status !== 404 && !(error instanceof Unreachable)) break;
      await pause(400);
    }
  }
  putPending(session, { cancelling: false });
}
