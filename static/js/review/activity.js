/** The log of a document: who did what, when, to which finding. Newest first, page by page. */

import { Cancelled, getJson } from "../api.js";
import { h, icon, mount } from "../dom.js";
import { pager } from "../pager.js";
import { button, problem, skeleton } from "../parts.js";
import { WHOLE, linkTo, linkToActivity, go } from "../route.js";
import { store } from "../store.js";
import { insist } from "../tasks.js";
import { ago, moment } from "../words.js";

const SIZE = 50;
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

/** What people call an action; one that is new here is called by its name. */
const ACTIONS = {
  document_uploaded: "Uploaded",
  section_analyzed: "Section analyzed",
  document_analyzed: "Document analyzed",
  accepted: "Accepted",
  rejected: "Rejected",
  reverted: "Decision taken back",
  edited: "Edited",
  added: "Added",
  deleted: "Deleted",
  undone: "Undone",
  redone: "Done again",
  review_exported: "File made",
  guidelines_changed: "Guidelines changed",
};
const actionWords = (action) => ACTIONS[action] ?? `${action[0].toUpperCase()}${action.slice(1).replaceAll("_", " ")}`;

/** @param {HTMLElement} root */
export function activityPanel(root) {
  let asking = new AbortController();
  let shown = "";
  const place = { id: null, page: 1 };
  const pages = pager({ id: "activity", label: "Pages of the log", onPage: (page) => go(`${linkToActivity(place.id)}/${page}`) });

  const show = async (id, page) => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    Object.assign(place, { id, page });
    if (!root.querySelector(".log")) mount(root, heading(id, ""), h("p", { class: "hidden-visually", role: "status" }, "Loading the log"), skeleton(8));
    try {
      const query = `session_id=${encodeURIComponent(id)}&page=${page}&page_size=${SIZE}`;
      const answer = await insist(() => getJson(`/get_activity_logs?${query}`, { signal }), signal);
      const document = await getJson(`/sessions/${encodeURIComponent(id)}`, { signal });
      store.set({ pageTitle: document.document_name });
      pages.update(answer);
      mount(root, heading(id, document.document_name), listing(answer.activities, id), pages.node);
    } catch (error) {
      if (error instanceof Cancelled) return;
      const again = button("Try again", () => show(id, page), { look: "primary", id: "reload-activity" });
      mount(root, heading(id, ""), problem(error, { title: "The log could not be loaded", actions: error.status === 404 ? [] : [again] }));
    }
  };
  store.on(["route"], ({ route }) => {
    const page = Number.parseInt(route.detail ?? "1", 10) || 1;
    const now = route.page === "activity" && route.part ? `${route.part}/${page}` : "";
    if (now === shown) return;
    shown = now;
    if (now) show(route.part, page);
    else {
      asking.abort();
      mount(root);
    }
  });
}

function heading(id, name) {
  return h(
    "header",
    { class: "page-head" },
    h("a", { class: "back", href: linkTo(id, WHOLE) }, icon("back"), "To the document"),
    h("h1", { id: "activity-title" }, "Activity log"),
    name && h("p", { class: "lead" }, name),
    h(
      "p",
      null,
      h(
        "a",
        { class: "button small", id: "activity-csv", href: `/get_activity_logs?session_id=${encodeURIComponent(id)}&format=csv`, download: "" },
        icon("download"),
        h("span", null, "Download as CSV"),
      ),
    ),
  );
}

function listing(rows, id) {
  if (!rows.length) return h("p", { class: "panel-lead" }, "Nothing is in the log here.");
  return h("ol", { class: "log" }, rows.map((row) => line(row, id)));
}

function line({ at, actor, action, section_index: index, section, detail, undone }, id) {
  const time = h("time", { datetime: new Date(moment(at)).toISOString(), title: exact.format(moment(at)) }, ago(at));
  const where = section && index !== undefined && index !== null ? h("a", { href: linkTo(id, index) }, section) : section;
  return h(
    "li",
    { class: undone ? "is-undone" : null },
    h("p", { class: "log-what" }, h("strong", null, actionWords(action)), undone && h("span", { class: "badge" }, "Undone since"), detail && h("span", null, detail)),
    h("p", { class: "log-facts" }, time, ` · ${actor}`, where && [" · ", where]),
  );
}
