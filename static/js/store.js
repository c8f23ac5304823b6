/** The page's state: one object, changed by `set`, watched by key. */

/**
 * @param {Object} initial
 * @returns {{get: function(): Object, set: function(Object): void, on: function(string[], function(Object): void): function(): void}}
 */
export function createStore(initial) {
  let state = { ...initial };
  const watchers = [];
  let changed = new Set();

  function tell() {
    const keys = changed;
    changed = new Set();
    for (const watcher of [...watchers]) if (watcher.keys.some((key) => keys.has(key))) watcher.call(state);
  }

  return {
    /** The current state; treat it as read-only. */
    get: () => state,
    /** Merge a patch. Watchers of keys that really changed are called once, after the current code has run. */
    set(patch) {
      const keys = Object.keys(patch).filter((key) => !Object.is(state[key], patch[key]));
      if (!keys.length) return;
      state = { ...state, ...patch };
      if (!changed.size) queueMicrotask(tell);
      for (const key of keys) changed.add(key);
    },
    /** Call `call(state)` now and whenever one of `keys` changes; returns a function that ends it. */
    on(keys, call) {
      const watcher = { keys, call };
      watchers.push(watcher);
      call(state);
      return () => {
        const place = watchers.indexOf(watcher);
        if (place >= 0) watchers.splice(place, 1);
      };
    },
  };
}

export const store = createStore({
  route: { page: "documents", tasks: false, session: null, section: null, part: null, detail: null, query: "" }, // what the address says
  pageTitle: "", // what is open on a page that isn't a document, for the window's title
  reachable: true, // does the server answer
  signedOut: false, // it wants a password again
  stats: null, // the answer of /queue_stats
  documents: null, // GET /sessions: null while loading, {error} or {list}
  upload: null, // {phase: "sending" | "reading" | "failed", name, loaded, total, status, progress, error}
  session: null, // {id, phase: "loading" | "parsing" | "ready" | "failed" | "missing", name, sections, ...}
  section: null, // {session, index, phase: "loading" | "ready" | "failed", content, findings, ...}
  jobs: {}, // "session/index" -> analysis under way or just ended, see analysis.js
  chats: {}, // session -> {messages, pending}, see chat.js
  review: null, // the findings of the whole document: {session, phase: "loading" | "ready" | "failed", items, counts, truncated}
  filters: { scope: "section", risk: [], state: [], category: [] }, // which findings are shown, see review/filters.js
  notes: {}, // key of a finding -> {phase: "saving" | "failed", error}: what becomes of a decision, see review/decide.js
  editing: null, // {key} of the finding that is edited, or {draft: {quote, start}, section, sendKey} of one that is written
  lastDecision: null, // {text, canUndo, canRedo}: what was done last, in words
  active: null, // key of the chosen finding: its section's index, a dot and its id
  hovered: null, // key of the finding under the pointer or the focus
  passage: null, // {session, section, start, end} that an answer quoted
  view: "text", // which panel a narrow window shows: sections, text or side
  side: "findings", // which tab the side shows: findings or chat
  tasks: null, // the list of tasks, see tasklist.js; null while it isn't shown
  history: null, // {minutes} of the tasks finished lately, {error}, or null while loading
  connectionTest: null, // {phase: "running" | "done" | "failed", ...}
});
