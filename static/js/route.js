/** The address of what is shown: `#/` the documents, `#/SESSION/INDEX` a section. */

import { store } from "./store.js";

export const linkTo = (session, index) => (index === undefined || index === null ? `#/${encodeURIComponent(session)}` : `#/${encodeURIComponent(session)}/${index}`);

function parse(hash) {
  const [session, section] = hash.replace(/^#\/?/, "").split("/");
  let id = null;
  try {
    id = session ? decodeURIComponent(session) : null;
  } catch {
    id = session; // a broken escape is an unknown document, which has its own page
  }
  return { session: id, section: section === undefined || section === "" ? null : /^\d{1,6}$/.test(section) ? Number(section) : -1 };
}

function read() {
  if (location.hash && !location.hash.startsWith("#/")) return; // a place on the page, not a document
  const route = parse(location.hash);
  const before = store.get().route;
  if (route.session !== before.session || route.section !== before.section) store.set({ route });
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
