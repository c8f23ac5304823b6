/** Which part of the page is on show: start or desk, the panel of a narrow window, the tab of the side; and the title. */

import { jobOf } from "./analysis.js";
import { announce } from "./announce.js";
import { h, mount, setText } from "./dom.js";
import { WHOLE } from "./route.js";
import { isNarrow } from "./selection.js";
import { store } from "./store.js";

const byId = (id) => document.getElementById(id);

export function startLayout() {
  store.on(["route", "session"], ({ route, session }) => {
    const ready = session?.phase === "ready";
    byId("start").hidden = route.page !== "documents" || Boolean(route.session);
    for (const page of ["tasks", "register", "contract", "imports", "statistics", "activity"]) byId(page).hidden = route.page !== page;
    showPlace(route);
    byId("desk").hidden = !ready;
    byId("switcher").hidden = !ready;
    byId("top-document").hidden = !ready;
    setText(byId("top-document"), ready ? session.name : "");
    document.body.dataset.page = ready ? "desk" : "plain";
  });
  store.on(["view", "side"], showPanels);
  store.on(["route", "session", "section", "jobs", "pageTitle"], showTitle);
  store.on(["section"], ({ section }) => arrive(section));
  store.on(["reachable", "signedOut"], showBanner);
  startTabs();
  startSwitcher();
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    (byId("desk").hidden ? byId("content") : byId("sheet")).focus();
  });
}

const PLACES = { documents: "documents", register: "register", contract: "register", imports: "imports", statistics: "statistics", activity: "documents" };

/** Mark where we are in the navigation. */
function showPlace({ page, session }) {
  for (const link of byId("places").children) {
    const here = link.dataset.page === PLACES[page];
    if (here) link.setAttribute("aria-current", session ? "true" : "page");
    else link.removeAttribute("aria-current");
  }
}

function showPanels({ view, side }) {
  byId("desk").dataset.view = view;
  for (const name of ["findings", "chat"]) {
    const tab = byId(`tab-${name}`);
    tab.setAttribute("aria-selected", String(side === name));
    tab.tabIndex = side === name ? 0 : -1;
    byId(name).hidden = side !== name;
  }
  const shown = view === "side" ? side : view;
  for (const choice of byId("switcher").children) {
    if (choice.dataset.view === shown) choice.setAttribute("aria-current", "true");
    else choice.removeAttribute("aria-current");
  }
}

const TITLES = { tasks: "Tasks", register: "Register", contract: "Register", imports: "Imports", statistics: "Statistics", activity: "Activity" };

function showTitle(state) {
  const { route, session, section, pageTitle } = state;
  let title = "Tenderline";
  if (session?.phase === "missing") title = "Not found – Tenderline";
  else if (session?.name) {
    const job = section ? jobOf(state, section.session, section.index) : null;
    const working = job?.phase === "running" ? "Analyzing: " : "";
    const part = section?.title ?? (section?.index === WHOLE ? "Whole document" : null);
    title = [part && `${working}${part}`, session.name, "Tenderline"].filter(Boolean).join(" – ");
  } else if (route.page !== "documents") title = `${[pageTitle, TITLES[route.page]].filter(Boolean).join(" – ")} – Tenderline`;
  else if (!route.session) title = "Documents – Tenderline";
  if (document.title !== title) document.title = title;
}

let place = "";

/** Another section was opened: show its text in a narrow window and tell screen readers where we are. */
function arrive(section) {
  const now = section ? `${section.session}/${section.index}` : "";
  if (now === place) return;
  const first = place === "";
  place = now;
  if (!section) return;
  if (isNarrow() || store.get().view === "sections") store.set({ view: "text" });
  if (!first) announce(section.index === WHOLE ? "Whole document" : (section.title ?? ""));
}

function showBanner({ reachable, signedOut }) {
  const banner = byId("banner");
  banner.hidden = reachable && !signedOut;
  if (signedOut)
    mount(
      banner,
      h(
        "p",
        null,
        h("strong", null, "You are signed out. "),
        h("a", { href: "/login" }, "Sign in again"),
        " to go on; what was analyzed is kept.",
      ),
    );
  else if (!reachable)
    mount(
      banner,
      h(
        "p",
        null,
        h("strong", null, "The server can't be reached. "),
        "The page keeps trying and goes on by itself. What you see stays readable.",
      ),
    );
  else mount(banner);
}

function startTabs() {
  const tabs = [byId("tab-findings"), byId("tab-chat")];
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => store.set({ side: tab.id.slice(4) }));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tabs[1 - index];
      store.set({ side: other.id.slice(4) });
      other.focus();
    });
  });
}

function startSwitcher() {
  for (const choice of byId("switcher").children) {
    choice.addEventListener("click", () => {
      const { view } = choice.dataset;
      store.set(view === "findings" || view === "chat" ? { view: "side", side: view } : { view });
    });
  }
}
