/** Numbers, times and states in words. */

const numbers = new Intl.NumberFormat("en");
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const calendar = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

export const number = (value) => numbers.format(value);
export const count = (value, one, many = `${one}s`) => `${numbers.format(value)} ${value === 1 ? one : many}`;
export const percent = (share) => `${Math.round(share * 100)}\u00a0%`;

/** Bytes as people write them: "640 kB", "12.4 MB", "3.2 GB" (binary, as the limit of 25 MB is). */
export function bytes(size) {
  if (size < 1024) return count(size, "byte");
  if (size < 1024 * 1024) return `${numbers.format(Math.round(size / 1024))}\u00a0kB`;
  const megabytes = size / 1024 / 1024;
  if (megabytes >= 1024) return `${numbers.format(Math.round((megabytes / 1024) * 10) / 10)}\u00a0GB`;
  return `${numbers.format(Math.round(megabytes * 10) / 10)}\u00a0MB`;
}

/** Seconds as a countdown: "8 s", "1 min 20 s". */
export function seconds(value) {
  const whole = Math.max(0, Math.ceil(value));
  if (whole < 60) return `${whole}\u00a0s`;
  const rest = whole % 60;
  return `${Math.floor(whole / 60)}\u00a0min${rest ? ` ${rest}\u00a0s` : ""}`;
}

/** Seconds that something takes or took: "0.4 s", "12 s", "2 min 5 s", "1 h 3 min". */
export function duration(value) {
  const passed = Math.max(0, value);
  if (passed < 1) return `${passed.toFixed(1)}\u00a0s`;
  if (passed < 3600) return seconds(Math.floor(passed));
  const minutes = Math.floor((passed % 3600) / 60);
  return `${numbers.format(Math.floor(passed / 3600))}\u00a0h${minutes ? ` ${minutes}\u00a0min` : ""}`;
}

/** Milliseconds of a moment that the server names in seconds since 1970 or as an ISO date. */
export function moment(value) {
  if (typeof value === "number") return value * 1000;
  const parsed = Date.parse(value ?? "");
  return Number.isNaN(parsed) ? null : parsed;
}

/** "just now", "5 minutes ago", "yesterday", then the date. */
export function ago(value, now = Date.now()) {
  const at = moment(value);
  if (at === null) return "";
  const passed = (at - now) / 1000;
  if (passed > -45) return "just now";
  if (passed > -3600) return relative.format(Math.round(passed / 60), "minute");
  if (passed > -86400) return relative.format(Math.round(passed / 3600), "hour");
  if (passed > -7 * 86400) return relative.format(Math.round(passed / 86400), "day");
  return calendar.format(at);
}

/** "14:05", of seconds since 1970. */
export const timeOfDay = (value) => clock.format(value * 1000);

/** How sure a reviewer is of a finding, in words. */
export function confidence(share) {
  if (share >= 0.95) return "Very sure";
  if (share >= 0.85) return "Quite sure";
  if (share >= 0.7) return "Fairly sure";
  return "Not sure";
}

/** What a section's row says about its state. */
export function sectionState(state, findings) {
  if (state === "done") return findings ? count(findings, "finding") : "no findings";
  return { waiting: "waiting", running: "being analyzed", failed: "failed", new: "not analyzed", empty: "nothing to review" }[state] ?? state;
}

export const RISKS = ["High", "Medium", "Low"];
export const TYPES = { critical: "Critical", important: "Important", suggestion: "Suggestion", question: "Question" };
export const KINDS = { docx: "Word", pdf: "PDF", md: "Markdown", txt: "Text" };

const OPERATIONS = {
  analyze_section: "Analysis",
  analyze_document: "Analysis of a document",
  chat: "Question",
  test: "Connection test",
  complete_review: "Finished review",
  cleanup_sessions: "Clean-up",
  parse_document: "Reading a document",
  process_procurement_data: "Import",
  recognise_upload: "Looking at a file",
  undo_import: "Undoing an import",
  search_register: "Search",
  analyze_register: "Totals",
  export_contracts: "Export",
  compact_register: "Tidying the register",
  check_register: "Check of the register",
  clean_register: "Clean-up of the register",
};
export const KNOWN_OPERATIONS = Object.keys(OPERATIONS);

/** What people call an operation; one that is new here is called by its name. */
export const operation = (name) => OPERATIONS[name] ?? `${name[0].toUpperCase()}${name.slice(1).replaceAll("_", " ")}`;

/** What people call a task's state. */
export const TASK_STATES = {
  PENDING: "Waiting",
  RETRY: "Waiting",
  STARTED: "Running",
  PROGRESS: "Running",
  SUCCESS: "Done",
  FAILURE: "Failed",
  REVOKED: "Cancelled",
};

export const PLACES = { celery: "on a worker", background: "in the background of the server", inline: "in the server itself" };
