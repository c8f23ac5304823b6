/** Files may be dropped on any part of the page; what becomes of them depends on the page that is shown. */

import { setText } from "./dom.js";
import { go } from "./route.js";
import { store } from "./store.js";

const takers = new Map(); // name of a page -> {words, take, home}

/**
 * Say who takes the files dropped on some pages.
 *
 * @param {string[]} pages
 * @param {{words: string, take: function(File): void, home: string}} taker `home` is the address where the file is shown on its way
 */
export function takeDrops(pages, taker) {
  for (const page of pages) takers.set(page, taker);
}

const hasFile = (event) => event.dataTransfer?.types.includes("Files");
const takerNow = () => takers.get(store.get().route.page);

export function startDrops() {
  const veil = document.getElementById("drop");
  addEventListener("dragenter", (event) => {
    if (!hasFile(event)) return;
    setText(document.getElementById("drop-words"), takerNow().words);
    veil.hidden = false;
  });
  addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    veil.hidden = true;
    if (!hasFile(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (!file) return;
    const { take, home } = takerNow();
    if (location.hash.length > 2 && location.hash !== home) go(home);
    take(file);
  });
}
