/** What a part of the register shows while its answer is on its way, and when it went wrong. */

import { h, mount } from "../dom.js";
import { button, problem, progressLine } from "../parts.js";
import { again, cancel } from "./load.js";
import { register } from "./state.js";

const PATIENCE = 300; // ms until waiting is shown: most answers are there before

/**
 * A place over a part: a bar with Cancel after 300 ms, an error with a way to try again, or nothing.
 *
 * @param {string} name key of the register's store
 * @param {string} label what is being worked on
 */
export function waiting(name, label) {
  const node = h("div", { class: "waiting", hidden: true });
  let line = null;
  let timer = 0;

  const showBar = () => {
    line = progressLine(label);
    line.update(progressOf(register.get()[name], label));
    mount(
      node,
      line.node,
      button("Cancel", () => cancel(name), { id: `cancel-${name}`, look: "small" }),
    );
    node.hidden = false;
  };

  let before = null;
  register.on([name], ({ [name]: part }) => {
    const phase = part?.phase ?? "";
    if (phase === "loading") {
      if (line) line.update(progressOf(part, label));
      else if (before !== "loading") {
        clearTimeout(timer);
        if (before !== "failed" && before !== "cancelled") clear(node);
        timer = setTimeout(showBar, PATIENCE);
      }
    } else if (phase !== before || phase === "failed") {
      clearTimeout(timer);
      line = null;
      if (phase === "failed") {
        mount(
          node,
          h(
            "div",
            { role: "alert" },
            problem(part.error, {
              title: `${label}: this didn't work`,
              actions: [button("Try again", () => again(name), { id: `again-${name}`, look: "primary" })],
            }),
          ),
        );
        node.hidden = false;
      } else if (phase === "cancelled") {
        mount(
          node,
          h("p", null, "Cancelled."),
          button("Try again", () => again(name), { id: `again-${name}`, look: "small" }),
        );
        node.hidden = false;
      } else clear(node);
    }
    before = phase;
  });
  return node;
}

function clear(node) {
  mount(node);
  node.hidden = true;
}

const progressOf = ({ status, progress }, label) => ({ status: status || label, progress: progress ?? null });
