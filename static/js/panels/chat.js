/** Questions and answers about the document. */

import { ApiError, Unreachable, getJson } from "../api.js";
import { ask, cancelQuestion, chatOf } from "../chat.js";
import { countdown } from "../clock.js";
import { h, icon, mount } from "../dom.js";
import { button, problem, progressLine } from "../parts.js";
import { linkToQuery, queryOf } from "../register/query.js";
import { showPassage } from "../selection.js";
import { store } from "../store.js";

/** @param {{log: HTMLElement, form: HTMLFormElement, question: HTMLTextAreaElement, send: HTMLButtonElement}} parts */
export function chatPanel({ log, form, question, send }) {
  let answer = null; // the answer that is being written, changed in place
  let drawn = {};
  store.on(["session", "chats"], (state) => {
    const { session } = state;
    if (session?.phase !== "ready") return;
    const chat = chatOf(state, session.id);
    send.disabled = Boolean(chat.pending);
    if (answer && chat.pending && drawn.messages === chat.messages && drawn.session === session.id) {
      answer.update(chat.pending);
      keepAtEnd(log);
      return;
    }
    const changed =
      drawn.messages !== chat.messages || drawn.pending !== chat.pending || drawn.failed !== chat.failed || drawn.session !== session.id;
    if (!changed) return;
    drawn = { ...chat, session: session.id };
    answer = chat.pending ? pendingAnswer(session.id) : null;
    answer?.update(chat.pending);
    mount(
      log,
      chat.messages.map((message) => messageNode(session, message)),
      answer?.node,
      chat.failed && failure(session.id, chat.failed),
      !chat.messages.length && !chat.pending && !chat.failed && suggestions(),
    );
    log.scrollTop = log.scrollHeight;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(question.value);
  });
  question.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit(question.value);
  });
  question.addEventListener("input", () => fit(question));

  function submit(text) {
    const { session } = store.get();
    if (session?.phase !== "ready" || chatOf(store.get(), session.id).pending || !text.trim()) return;
    question.value = "";
    fit(question);
    sendQuestion(text.trim());
    question.focus();
  }
}

function sendQuestion(text) {
  const { session, section } = store.get();
  ask(session.id, text, section?.title ?? null);
}

/** The box grows with the question, up to the height the style sheet allows. */
function fit(question) {
  question.rows = Math.min(6, Math.max(2, question.value.split("\n").length));
}

function keepAtEnd(log) {
  if (log.scrollHeight - log.scrollTop - log.clientHeight < 120) log.scrollTop = log.scrollHeight;
}

function messageNode(session, { role, text, sources = [], lookups = [], found }) {
  if (role === "user")
    return h("div", { class: "message from-user" }, h("p", { class: "hidden-visually" }, "You asked"), h("p", null, text));
  return h(
    "div",
    { class: "message from-reviewer" },
    h("p", { class: "hidden-visually" }, "Answer"),
    found === false && h("p", { class: "message-note" }, "Not in the document"),
    paragraphs(text),
    sources.length > 0 && sourcesNode(session, sources),
    lookups.length > 0 && lookupsNode(lookups),
  );
}

/** What was looked up in the contract register for an answer, as links that show the same. */
function lookupsNode(lookups) {
  const rows = lookups.map(({ summary, filters }) => h("li", null, h("a", { href: linkToQuery(queryOf(filters)) }, summary)));
  return h("div", { class: "sources" }, h("h3", null, "Looked up in the register"), h("ul", { class: "lookups" }, rows));
}

const paragraphs = (text) =>
  (text ?? "")
    .split(/\n+/)
    .filter(Boolean)
    .map((line) => h("p", null, line));

function sourcesNode(session, sources) {
  const rows = sources.map((source) => {
    const show = () => showPassage(session.id, source);
    return h(
      "li",
      null,
      h(
        "button",
        { type: "button", class: "quote", onClick: show, title: "Show in the text" },
        h("q", null, source.quote),
        h("span", { class: "quote-place" }, source.title),
      ),
    );
  });
  return h("div", { class: "sources" }, h("h3", null, sources.length === 1 ? "Source" : "Sources"), h("ul", null, rows));
}

function pendingAnswer(session) {
  const words = h("div", { class: "answer-words" });
  const line = progressLine("Answer");
  const cancel = button("Cancel", () => cancelQuestion(session), { id: "cancel-question" });
  let shown = null;
  return {
    node: h(
      "div",
      { class: "message from-reviewer is-pending", "aria-busy": "true" },
      words,
      h("div", { class: "job-row" }, line.node, cancel),
    ),
    update(pending) {
      cancel.disabled = pending.cancelling;
      line.update(pending.cancelling ? { status: "Cancelling", progress: null } : pending);
      if (shown !== pending.text) words.replaceChildren(...paragraphs(pending.text));
      shown = pending.text;
    },
  };
}

function failure(session, { question, error, retryAt }) {
  const again = question && button("Ask again", () => sendQuestion(question), { id: "ask-again" });
  if (!error) return h("div", { class: "job-note job-row" }, h("p", null, "Cancelled."), again);
  const wait = retryAt && h("p", { class: "problem-hint" }, "The next question is free in ", countdown(retryAt, "a moment"), ".");
  return h("div", null, problem(error, { title: "No answer", actions: [again].filter(Boolean) }), wait);
}

function suggestions() {
  const { session } = store.get();
  const list = h("ul", { class: "first-questions" });
  fillIn(list, session.id);
  return h(
    "div",
    { class: "empty" },
    h("span", { class: "empty-mark" }, icon("chat")),
    h("p", { class: "empty-title" }, "Ask about this document"),
    h("p", null, `Answers quote the passages of “${session.name}” that they rest on.`),
    list,
  );
}

/** Questions that fit the document, once the server has said which; without them one asks one's own. */
async function fillIn(list, session) {
  try {
    const { questions } = await getJson(`/sessions/${encodeURIComponent(session)}/questions`);
    const suggestion = (text) => h("button", { type: "button", class: "suggested", onClick: () => sendQuestion(text) }, text);
    list.replaceChildren(...questions.map((text) => h("li", null, suggestion(text))));
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof Unreachable)) throw error;
  }
}
