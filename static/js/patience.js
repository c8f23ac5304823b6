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
 * @param {function(function({progress: number}): void): Promise<T>} work may tell how far it is, in percent
 * @returns {Promise<T>}
 */
export async function withBar(place, label, work) {
  const line = progressLine(label);
  const told = ({ progress }) => line.update({ status: label, progress: progress || null });
  told({ progress: null });
  const timer = setTimeout(() => mount(place, line.node), MOMENT);
  try {
    return await work(told);
  } finally {
    clearTimeout(timer);
    mount(place);
  }
}
