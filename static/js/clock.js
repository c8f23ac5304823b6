/** Countdowns that tick by themselves and end with the node that shows them. */

import { h, setText } from "./dom.js";
import { seconds } from "./words.js";

const ticking = new Set();
let timer = 0;

/**
 * A span that counts down to a moment. Hidden from live regions' eyes by `aria-live="off"`: nobody wants each second read out.
 *
 * @param {number} until ms since 1970
 * @param {string} [over] what to show once it is reached
 */
export function countdown(until, over = "any moment") {
  const node = h("span", { class: "countdown", "aria-live": "off" });
  const entry = { node, show: () => setText(node, until > Date.now() ? seconds((until - Date.now()) / 1000) : over) };
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
