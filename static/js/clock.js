/** Countdowns and durations that tick by themselves and end with the node that shows them. */

import { h, setText } from "./dom.js";
import { duration, seconds } from "./words.js";

const ticking = new Set();
let timer = 0;

/**
 * A span that counts down to a moment. Hidden from live regions' eyes by `aria-live="off"`: nobody wants each second read out.
 *
 * @param {number} until ms since 1970
 * @param {string} [over] what to show once it is reached
 */
export function countdown(until, over = "any moment") {
  return ticker(() => (until > Date.now() ? seconds((until - Date.now()) / 1000) : over));
}

let skew = 0; // ms that the server's clock is ahead of ours
const TOLERANCE = 1500; // an answer takes a moment; no need to follow that

/** The server has said what time it is there, in seconds since 1970. */
export function setServerTime(now) {
  const found = now * 1000 - Date.now();
  if (Math.abs(found - skew) > TOLERANCE) skew = found;
}

/** A span that shows how long ago a moment was, which the server named in seconds since 1970. */
export function stopwatch(since) {
  return ticker(() => duration((Date.now() + skew) / 1000 - since));
}

function ticker(words) {
  const node = h("span", { class: "countdown", "aria-live": "off" });
  const entry = { node, show: () => setText(node, words()) };
  entry.show();
  ticking.add(entry);
  timer ||= setInterval(tick, 250);
  return node;
}

function tick() {
  for (const entry of ticking) {
    if (entry.node.isConnected) entry.show();
    else ticking.delete(entry);
  }
  if (!ticking.size) {
    clearInterval(timer);
    timer = 0;
  }
}
