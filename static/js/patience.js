/** A bar for work that takes longer than a moment; most of it doesn't. */

import { mount } from "./dom.js";
import { progressLine } from "./parts.js";

const MOMENT = 300; // ms

/**
 * Do some work; after a moment a bar stands in `place` until it has ended.
 *
 * @template T
 * @param {HTMLElement} place empty otherwise
 * @param {string} label what is being done
 * @param {function(): Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withBar(place, label, work) {
  const timer = setTimeout(() => {
    const line = progressLine(label);
    line.update({ status: label, progress: null });
    mount(place, line.node);
  }, MOMENT);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    mount(place);
  }
}
