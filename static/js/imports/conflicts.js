/** Contracts that disagree with what is in the register: ours stays, or theirs takes its place; one by one or all. */

import { announce } from "../announce.js";
import { Cancelled, getJson, postJson } from "../api.js";
import { confirm } from "../dialogs.js";
import { h, mount } from "../dom.js";
import { pager } from "../pager.js";
import { button, problem, skeleton } from "../parts.js";
import { withBar } from "../patience.js";
import { COLUMNS, titleOf } from "../register/columns.js";
import { amount, day, plain } from "../register/figures.js";
import { go, linkToImport } from "../route.js";
import { insist } from "../tasks.js";
import * as words from "../words.js";
import { loadUpload, pathOf } from "./load.js";
import { imports } from "./state.js";
import { whileConnected } from "./watch.js";

const SIZE = 20;
const DECIDED = { ours: "Ours was kept", theirs: "Theirs was taken" };
const ALWAYS = ["contract_amount", "award_date", "awardee_name"];
const SHOWN = { amount, date: day, number: plain };

export function conflictsView({ upload_id: id }) {
  const address = `${linkToImport(id)}/conflicts`;
  const head = h("div", { class: "conflicts-head" });
  const trouble = h("div", { role: "alert" });
  const list = h("ol", { class: "conflicts", id: "conflicts" }, skeleton(6));
  const pages = pager({
    id: "conflicts-pages",
    label: "Pages of conflicts",
    onPage: (page) => go(page > 1 ? `${address}?page=${page}` : address),
  });
  const node = h(
    "div",
    { class: "conflicts-page" },
    h("h2", null, "Conflicts"),
    h("p", { class: "hint" }, "The same contract with another amount, date or awardee. Until you decide, the register shows what was there before."),
    head,
    trouble,
    list,
    pages.node,
  );
  let page = 1;

  async function load() {
    try {
      const answer = await insist(() => getJson(`${pathOf(id)}/conflicts/?page=${page}&page_size=${SIZE}`));
      pages.update(answer);
      mount(head, headOf(answer.open, decideAll));
      mount(
        list,
        answer.conflicts.map((conflict) => conflictNode(conflict, decideOne)),
        !answer.conflicts.length && h("li", { class: "nothing" }, "No contract of this import is in conflict."),
      );
    } catch (error) {
      if (!(error instanceof Cancelled))
        mount(list, h("li", null, problem(error, { title: "The conflicts could not be loaded", actions: [button("Try again", load)] })));
    }
  }

  async function decide(body, said) {
    mount(trouble);
    node.setAttribute("aria-busy", "true");
    try {
      const { open } = await withBar(trouble, "Deciding", () => postJson(`${pathOf(id)}/conflicts/`, body, { timeout: 120000 }));
      announce(`${said} ${words.count(open, "conflict")} left.`);
      await load();
      if (!open) await loadUpload(id);
    } catch (error) {
      mount(trouble, problem(error, { title: "The decision was not kept" }));
    } finally {
      node.setAttribute("aria-busy", "false");
    }
  }

  const decideOne = (conflict, decision) => decide({ decision, conflict_ids: [conflict.conflict_id] }, `${DECIDED[decision]}.`);
  async function decideAll(decision, open) {
    const take = decision === "ours" ? "Keep all of ours" : "Take all of theirs";
    const sure = await confirm({
      title: `${take}?`,
      text: `This decides ${words.count(open, "conflict")} at once.`,
      yes: take,
      no: "Not yet",
    });
    if (sure) await decide({ decision, all: true }, `${DECIDED[decision]} everywhere.`);
  }

  let before = null;
  whileConnected(node, imports, ["route"], ({ route }) => {
    if (route.query === before) return;
    before = route.query;
    page = Number(new URLSearchParams(route.query).get("page")) || 1;
    load();
  });
  return node;
}

function headOf(open, decideAll) {
  if (!open) return h("p", { class: "import-note" }, "Everything is decided.");
  return [
    h("p", null, h("strong", null, words.count(open, "conflict")), " to decide"),
    h(
      "div",
      { class: "actions" },
      button("Keep all of ours", () => decideAll("ours", open), { id: "all-ours" }),
      button("Take all of theirs", () => decideAll("theirs", open), { id: "all-theirs" }),
    ),
  ];
}

function conflictNode(conflict, decide) {
  const { conflict_id: id, state, ours, theirs, differences } = conflict;
  const fields = [...new Set([...ALWAYS, ...differences])].filter(
    (name) => COLUMNS[name] && (ours[name] !== undefined || theirs[name] !== undefined),
  );
  const title = titleOf(ours);
  const choose = (decision, label) =>
    button(label, () => decide(conflict, decision), { id: `${decision}-${id}`, look: "small", "aria-describedby": `conflict-${id}` });
  return h(
    "li",
    { class: "conflict", "data-state": state },
    h("h3", { class: "conflict-title", id: `conflict-${id}` }, title),
    h("p", { class: "hint" }, [ours.contract_no ?? ours.reference_id, ours.organization_name].filter(Boolean).join(" · ")),
    h(
      "table",
      { class: "figures conflict-figures" },
      h("caption", { class: "hidden-visually" }, title),
      h("thead", null, h("tr", null, h("td", null), h("th", { scope: "col" }, "Ours"), h("th", { scope: "col" }, "Theirs"))),
      h(
        "tbody",
        null,
        fields.map((name) =>
          h(
            "tr",
            { "data-differs": String(differences.includes(name)) },
            h("th", { scope: "row" }, COLUMNS[name].label),
            h("td", null, shown(name, ours[name])),
            h("td", null, shown(name, theirs[name])),
          ),
        ),
      ),
    ),
    state === "open"
      ? h("div", { class: "actions" }, choose("ours", "Keep ours"), choose("theirs", "Take theirs"))
      : h("p", { class: "conflict-decided" }, DECIDED[state] ?? state),
  );
}

function shown(name, value) {
  if (value === null || value === undefined || value === "") return "–";
  return (SHOWN[COLUMNS[name].kind] ?? String)(value);
}
