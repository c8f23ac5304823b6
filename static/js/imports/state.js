/** What the page of the imports knows, apart from the rest of the page. */

import { createStore } from "../store.js";

export const imports = createStore({
  route: { view: "history", id: null, part: null, query: "" }, // what the address says: history, upload, lists
  sending: null, // a file on its way: {phase: "sending" | "reading" | "failed", name, loaded, total, error, again}
  history: null, // {uploads, page, page_size, total_count}, {error}, or null while loading
  upload: null, // the import that is open: {phase: "loading" | "ready" | "missing" | "failed", id, detail, error}
  run: null, // work on it: {id, kind: "import" | "undo" | "look", task, status, cancelling, error}
});
