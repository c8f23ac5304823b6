/** The imports: history with a place for new files, one import, and the lists of what the imports brought. */

import { h, mount } from "../dom.js";
import { takeDrops } from "../drops.js";
import { IMPORTS } from "../route.js";
import { historyView } from "./history.js";
import { listsView } from "./lists.js";
import { loadUpload, startImports } from "./load.js";
import { startRuns } from "./run.js";
import { sendFile } from "./send.js";
import { imports } from "./state.js";
import { uploadView } from "./upload.js";
import { KINDS } from "./words.js";

/** @param {HTMLElement} root */
export function importsPanel(root) {
  const views = h("nav", { class: "views imports-views", "aria-label": "Imports and lists" });
  const body = h("div", { class: "imports-body" });
  root.append(views, body);
  let shown = "";
  imports.on(["route"], ({ route }) => {
    drawViews(views, route);
    const now = [route.view, route.id, route.part].join("/");
    if (now === shown) return;
    shown = now;
    const view = { history: historyView, upload: uploadView, lists: listsView }[route.view];
    mount(body, view(route));
  });
  takeDrops(["register", "contract", "imports"], { words: "Drop the file to import it", take: sendFile, home: IMPORTS });
  startRuns(loadUpload);
  startImports();
}

function drawViews(root, { view, part }) {
  const link = (href, label, here) => h("a", { class: "view", href, "aria-current": here ? "page" : null }, label);
  mount(
    root,
    link(IMPORTS, "Files", view !== "lists"),
    Object.entries(KINDS).map(([kind, label]) => link(`${IMPORTS}/lists/${kind}`, label, view === "lists" && part === kind)),
  );
}
