/** Going through the findings with the keys: the next one, deciding, and on to the next that is undecided. */

import { announce } from "../announce.js";
import { focusDrawn } from "../dom.js";
import { choose, isNarrow, step } from "../selection.js";
import { store } from "../store.js";
import { decide } from "./decide.js";
import { shownFindings } from "./filters.js";

/** Choose a finding and stand on its card. */
export function goTo(key) {
  if (isNarrow()) store.set({ view: "side" });
  choose(key);
  standOn(key);
}

function standOn(key) {
  focusDrawn(() => document.getElementById(`card-${key}`), { preventScroll: true });
}

/** The next (1) or previous (-1) finding. */
export function toFinding(direction) {
  if (isNarrow()) store.set({ view: "side" });
  const key = step(direction);
  if (key) standOn(key);
}

/** The finding that is chosen, or on whose card the focus is; null when none is. */
export function chosen() {
  const list = shownFindings(store.get());
  const held = document.activeElement?.closest?.(".card")?.id?.slice("card-".length);
  const listed = (key) => (key ? list.find((finding) => finding.key === key) : undefined);
  return listed(store.get().active) ?? listed(held) ?? null;
}

/** Decide on a finding and go on to the next one that is undecided. */
export function decideAndGoOn(finding, decision) {
  const list = shownFindings(store.get());
  const here = list.findIndex((other) => other.key === finding.key);
  const undecided = (other) => other.decision === "pending" && other.source !== "reader" && other.key !== finding.key;
  const next = [...list.slice(here + 1), ...list.slice(0, Math.max(here, 0))].find(undecided);
  decide(finding, decision);
  const stays = shownFindings(store.get()).some((other) => other.key === finding.key);
  if (next) goTo(next.key);
  else if (stays) goTo(finding.key);
  else document.getElementById("findings").focus(); // its filter hides it now, and there is no other
  if (!next) announce(`${decision === "accepted" ? "Accepted" : "Rejected"}. Nothing is left undecided here.`);
}

/** Decide on the chosen finding. */
export function decideChosen(decision) {
  const finding = chosen();
  if (!finding) announce("Choose a finding first, with j or k.");
  else if (finding.source === "reader") announce("Your own finding needs no decision. You can edit or delete it.");
  else decideAndGoOn(finding, decision);
}
