/** The HTTP interface: JSON in and out, one error class, uploads with progress and streamed answers. */

/** What the server said when it refused, or what we say when it could not be understood. */
export class ApiError extends Error {
  constructor({ status = 0, code = "error", message, hint = "", fields = null, retryAfter = null, answer = null }) {
    super(message);
    Object.assign(this, { status, code, hint, fields, retryAfter, answer });
  }
}

/** The server could not be reached at all. */
export class Unreachable extends ApiError {
  constructor() {
    super({ code: "unreachable", message: "The server can't be reached.", hint: "Check the network; the page keeps trying." });
  }
}

/** The user stopped it. */
export class Cancelled extends Error {}

const listeners = { reachable: () => {}, signedOut: () => {} };

/** Say who wants to know whether the server answers, and that it asks for a password. */
export function listen({ reachable, signedOut }) {
  Object.assign(listeners, { reachable, signedOut });
}

/** A new UUID; also where the page isn't served from a secure context. */
export function newKey() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

async function reach(path, options) {
  try {
    const response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
    listeners.reachable(true);
    return response;
  } catch {
    throw brokenOff(options.signal);
  }
}

/** What to throw when the network broke off: because the user stopped it, or because the server is out of reach. */
function brokenOff(signal) {
  if (signal?.aborted && signal.reason?.name !== "TimeoutError") return new Cancelled();
  listeners.reachable(false);
  return new Unreachable();
}

/** The error in an answer; `body` is its JSON or null. */
export function errorOf(status, body, retryAfter = null) {
  if (status === 401) listeners.signedOut();
  const error = body?.error;
  const seconds = Number.parseFloat(error?.retry_after ?? retryAfter);
  const known = error && typeof error === "object" && error.message;
  return new ApiError({
    status,
    code: known ? error.code : `http_${status}`,
    message: known ? error.message : `The server answered with an error (${status}).`,
    hint: known ? (error.hint ?? "") : "Try again in a moment. If it stays, look at the server's log.",
    fields: error?.fields ?? null,
    retryAfter: Number.isFinite(seconds) ? seconds : null,
    answer: body,
  });
}

async function read(response, signal) {
  let body = null;
  try {
    body = await response.json();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw brokenOff(signal);
    // not JSON, as from a proxy; an error status is reported as such, anything else below
  }
  if (!response.ok || body?.success === false) throw errorOf(response.status, body, response.headers.get("Retry-After"));
  if (body === null)
    throw new ApiError({
      status: response.status,
      code: "unreadable",
      message: "The server's answer can't be read.",
      hint: "Try again in a moment.",
    });
  return { status: response.status, data: body };
}

/**
 * One call. Resolves to `{status, data}`.
 *
 * @param {{body?: Object, key?: string, signal?: AbortSignal, timeout?: number}} [options] `timeout` in ms bounds the wait
 */
export async function call(method, path, { body, key, signal, timeout } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const limits = [signal, timeout && AbortSignal.timeout(timeout)].filter(Boolean);
  const options = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  if (limits.length) options.signal = limits.length === 1 ? limits[0] : AbortSignal.any(limits);
  return read(await reach(path, options), options.signal);
}

export const getJson = async (path, options) => (await call("GET", path, { timeout: 15000, ...options })).data;
export const postJson = async (path, body, options) => (await call("POST", path, { body, timeout: 15000, ...options })).data;

/**
 * Send a form with a progress report. `fetch` has none for uploads, hence XMLHttpRequest.
 *
 * @param {FormData} form
 * @param {{key: string, signal: AbortSignal, onProgress: function(number, number): void}} options bytes sent, bytes in all
 */
export function upload(path, form, { key, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Idempotency-Key", key);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded, event.lengthComputable ? event.total : 0));
    request.addEventListener("load", () => {
      listeners.reachable(true);
      const { status, response } = request;
      if (status >= 200 && status < 300 && response?.success) resolve({ status, data: response });
      else reject(errorOf(status, response, request.getResponseHeader("Retry-After")));
    });
    request.addEventListener("error", () => {
      listeners.reachable(false);
      reject(new Unreachable());
    });
    request.addEventListener("abort", () => reject(new Cancelled()));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/**
 * POST and read the answer as events if the server streams it.
 *
 * Resolves to `{streamed: true, finished}` when a stream was read (`finished` is false if it broke off before `done`), else
 * to `{streamed: false, status, data}`. `onEvent(name, data)` gets each event.
 */
export async function stream(path, body, { key, signal, onEvent }) {
  const headers = { Accept: "text/event-stream, application/json", "Content-Type": "application/json", "Idempotency-Key": key };
  const response = await reach(path, { method: "POST", headers, body: JSON.stringify(body), signal });
  if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream"))
    return { streamed: false, ...(await read(response, signal)) };
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value.replaceAll("\r", "");
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const event = parseEvent(block);
        if (!event) continue;
        if (event.name === "done" || event.name === "error") finished = true;
        onEvent(event.name, event.data);
      }
    }
  } catch (error) {
    if (signal?.aborted) throw new Cancelled();
    if (error instanceof ApiError || error instanceof Cancelled) throw error;
    listeners.reachable(false); // cut in the middle: the caller follows the task instead
  }
  return { streamed: true, finished };
}

function parseEvent(block) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { name, data: JSON.parse(data.join("\n")) } : null;
}
