/** Speaks to screen readers: one polite region for what happened, so that countdowns and progress bars may stay silent. */

let region = null;

export function startAnnouncing(node) {
  region = node;
}

/** Say a sentence once. Said again, it is heard again. */
export function announce(sentence) {
  if (!region) return;
  region.replaceChildren(); // an unchanged text would not be read out
  requestAnimationFrame(() => region.replaceChildren(document.createTextNode(sentence)));
}
