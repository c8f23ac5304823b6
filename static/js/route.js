/**
 * The address of what is shown: `#/` the documents, `#/SESSION/INDEX` a section, `#/SESSION/document` the document as a whole,
 * `#/activity/SESSION` what was done to it, `#/statistics` and `#/statistics/SESSION`, `#/tasks` the tasks, `#/register?...` a
 * search, `#/contract/ID` a contract, `#/imports` and what is below it the imports.
 */

import { store } from "./store.js";

/** In the place of a section's index: the document as a whole. */
export const WHOLE = -1;
const WHOLE_PART = "document";

export const linkTo = (session, index) =>
  index === undefined || index === null
    ? `#/${encodeURIComponent(session)}`
    : `#/${encodeURIComponent(session)}/${index === WHOLE ? WHOLE_PART : index}`;

export const TASKS = "#/tasks";
export const REGISTER = "#/register";
export const IMPORTS = "#/imports";
export const STATISTICS = "#/statistics";
export const linkToStatistics = (session) => `${STATISTICS}/${encodeURIComponent(session)}`;
export const linkToActivity = (session) => `#/activity/${encodeURIComponent(session)}`;
export const linkToContract = (id) => `#/contract/${encodeURIComponent(id)}`;
export const linkToImport = (id) => `${IMPORTS}/${encodeURIComponent(id)}`;

const PAGES = new Set(["tasks", "register", "contract", "imports", "statistics", "activity"]);

/** A route: which page, and what of it. A page that has no part or query of its own leaves those empty. */
function parse(hash) {
  const [path, ...queries] = hash.replace(/^#\/?/, "").split("?");
  const [first, second, third] = path.split("/");
  const route = { page: "documents", tasks: false, session: null, section: null, part: null, detail: null, query: queries.join("?") };
  if (PAGES.has(first))
    return {
      ...route,
      page: first,
      tasks: first === "tasks",
      part: second ? decoded(second) : null,
      detail: third ? decoded(third) : null,
    };
  return { ...route, session: first ? decoded(first) : null, section: second ? indexOf(second) : null };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a broken escape is an unknown document, which has its own page
  }
}

/** The index a part of the address names; -2, which no section has, for what isn't a number. */
const indexOf = (part) => (part === WHOLE_PART ? WHOLE : /^\d{1,6}$/.test(part) ? Number(part) : -2);

function read() {
  if (location.hash && !location.hash.startsWith("#/")) return; // a place on the page, not a document
  const route = parse(location.hash);
  const before = store.get().route;
  if (Object.keys(route).some((key) => route[key] !== before[key])) store.set({ route });
}

export function startRouting() {
  addEventListener("hashchange", read);
  read();
}

/** Go somewhere; `replace` leaves no step behind for the Back button. */
export function go(hash, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", hash);
  else location.hash = hash;
  read(); // the event comes later, perhaps after the next key, which must find where we are
}
