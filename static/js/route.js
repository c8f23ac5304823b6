/** The address of what is shown: `#/` the documents, `#/SESSION/INDEX` a section, `#/tasks` the tasks. */

import { store } from "./store.js";

export const linkTo = (session, index) =>
  index === undefined || index === null ? `#/${encodeURIComponent(session)}` : `#/${encodeURIComponent(session)}/${index}`;

export const TASKS = "#/tasks";

function parse(hash) {
  if (hash === TASKS || hash === `${TASKS}/`) return { tasks: true, session: null, section: null };
  const [session, section] = hash.replace(/^#\/?/, "").split("/");
  return { tasks: false, session: session ? decoded(session) : null, section: section ? indexOf(section) : null };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a broken escape is an unknown document, which has its own page
  }
}

/** The index a part of the address names; -1, which no section has, for what isn't a number. */
const indexOf = (part) => (/^\d{1,6}$/.test(part) ? Number(part) : -1);

function read() {
  if (location.hash && !location.hash.startsWith("#/")) return; // a place on the page, not a document
  const route = parse(location.hash);
  const before = store.get().route;
  if (route.tasks !== before.tasks || route.session !== before.session || route.section !== before.section) store.set({ route });
}

export function startRouting() {
  addEventListener("hashchange", read);
  read();
}

/** Go somewhere; `replace` leaves no step behind for the Back button. */
export function go(hash, { replace = false } = {}) {
  if (!replace) location.hash = hash;
  else {
    history.replaceState(null, "", hash);
    read();
  }
}
