/** What is being pressed is not drawn anew under the finger: a button that is gone before it is let go never hears of its click. */

const PRESSABLE = "a, button, summary, label, input, [role=button], [role=option]";

let pressed = null; // what a pointer or the space bar is held down on
const late = new Map(); // node -> how to draw what it holds, once that is let go

/** Draw what a node holds: now, or as soon as nothing in it is pressed any more. Of several drawings that wait only the last is done. */
export function unlessPressed(node, draw) {
  late.delete(node);
  if (pressed && node.contains(pressed)) late.set(node, draw);
  else draw();
}

function press({ target }) {
  pressed = target.closest?.(PRESSABLE) ?? null;
}

function letGo() {
  if (!pressed) return;
  pressed = null;
  setTimeout(drawLate, 0); // the click comes first
}

function drawLate() {
  for (const [node, draw] of [...late]) unlessPressed(node, draw);
}

/** Know what is pressed, from now on. */
export function startPresses() {
  addEventListener("pointerdown", (event) => event.button === 0 && press(event), true);
  addEventListener("keydown", (event) => event.key === " " && press(event), true);
  for (const end of ["pointerup", "pointercancel", "contextmenu", "keyup"]) addEventListener(end, letGo, true);
  addEventListener("blur", letGo); // of the window
}
