/** One contract: what it is about, who is in it, and every column of the file it came from. */

import { Cancelled, getJson } from "../api.js";
import { h, icon, mount } from "../dom.js";
import { button, problem, skeleton } from "../parts.js";
import { REGISTER, linkToImport } from "../route.js";
import { store } from "../store.js";
import { insist } from "../tasks.js";
import * as words from "../words.js";
import { CONTRACTS } from "./ask.js";
import { titleOf } from "./columns.js";
import { amount, day, plain } from "./figures.js";
import { EMPTY, linkToQuery } from "./query.js";
import { register } from "./state.js";

const FACTS = [
  ["award_date", "Date", day],
  ["award_status", "Status"],
  ["contract_no", "Contract no."],
  ["reference_id", "Reference"],
  ["item_name", "Item"],
  ["item_description", "Description"],
  ["quantity", "Quantity", plain],
  ["unit_price", "Unit price", amount],
  ["notice_title", "Notice"],
];
const PARTIES = [
  ["awardee_name", "Contractor", "contractors"],
  ["organization_name", "Organization", "organizations"],
  ["area_of_delivery", "Area", "areas"],
  ["business_category", "Category", "business_categories"],
];

/** @param {HTMLElement} root */
export function contractPanel(root) {
  let ends = new AbortController();
  store.on(["route"], ({ route }) => {
    ends.abort();
    if (route.page !== "contract") return mount(root);
    ends = new AbortController();
    return show(root, route.part ?? "", ends.signal);
  });
}

async function show(root, id, signal) {
  const body = h(
    "div",
    { class: "contract-body" },
    h("p", { class: "hidden-visually", role: "status" }, "Loading the contract"),
    skeleton(8),
  );
  mount(
    root,
    h(
      "p",
      null,
      h("a", { class: "back", id: "back-to-register", href: linkToQuery({}, register.get().query) }, icon("back"), "Back to the contracts"),
    ),
    body,
  );
  store.set({ pageTitle: "" });
  try {
    const answer = await insist(() => getJson(`${CONTRACTS}/${encodeURIComponent(id)}/`, { signal }), signal);
    store.set({ pageTitle: titleOf(answer.contract) });
    mount(body, contractNodes(answer));
  } catch (error) {
    if (error instanceof Cancelled) return;
    if (error.status === 404) mount(body, missing());
    else
      mount(
        body,
        problem(error, {
          title: "The contract could not be loaded",
          actions: [button("Try again", () => show(root, id, signal), { look: "primary" })],
        }),
      );
  }
}

const missing = () => [
  h("h1", null, "This contract isn't here"),
  h("p", { class: "lead" }, "Its import may have been undone, or a newer row has replaced it."),
  h("p", null, h("a", { class: "button primary", href: REGISTER }, "To the register")),
];

function contractNodes({ contract, source, import: origin }) {
  const facts = FACTS.filter(([name]) => present(contract[name]) && contract[name] !== titleOf(contract));
  const parties = PARTIES.filter(([name]) => present(contract[name]));
  const title = titleOf(contract);
  return [
    h(
      "header",
      { class: "contract-head" },
      h("h1", null, title),
      present(contract.contract_amount) && h("p", { class: "contract-amount" }, amount(contract.contract_amount)),
    ),
    h(
      "dl",
      { class: "contract-parties" },
      parties.map(([name, label, list]) => party(label, list, contract[name])),
    ),
    h(
      "dl",
      { class: "contract-facts" },
      facts.map(([name, label, shown = String]) =>
        h(
          "div",
          null,
          h("dt", null, label),
          h("dd", null, shown(contract[name]), name === "quantity" && contract.unit ? ` ${contract.unit}` : ""),
        ),
      ),
    ),
    sourceTable(source),
    h("p", { class: "contract-origin hint" }, originOf(origin)),
  ];
}

function party(label, list, name) {
  const years = linkToQuery({ ...EMPTY, [list]: [name], view: "charts", chart: "trend_year" });
  const all = linkToQuery({ ...EMPTY, [list]: [name] });
  return h(
    "div",
    { class: "party" },
    h("dt", null, label),
    h(
      "dd",
      null,
      h("span", { class: "party-name" }, name),
      h(
        "span",
        { class: "party-links" },
        h("a", { href: years, "aria-label": `${name} through the years` }, "Through the years"),
        h("a", { href: all, "aria-label": `All contracts of ${name}` }, "All contracts"),
      ),
    ),
  );
}

function sourceTable(source) {
  return h(
    "section",
    { class: "contract-source", "aria-labelledby": "source-title" },
    h("h2", { id: "source-title" }, "As it stood in the file"),
    h(
      "div",
      { class: "figures-frame", tabIndex: 0, role: "region", "aria-label": "Every column of the file" },
      h(
        "table",
        { class: "figures source" },
        h("thead", null, h("tr", null, h("th", { scope: "col" }, "Column"), h("th", { scope: "col" }, "Value"))),
        h(
          "tbody",
          null,
          source.map(({ column, value }) =>
            h("tr", null, h("th", { scope: "row" }, column || "–"), h("td", null, value ?? h("span", { class: "is-missing" }, "empty"))),
          ),
        ),
      ),
    ),
  );
}

function originOf({ number, upload_id: upload, file_name: file, imported_at: at }) {
  const what = file ? `“${file}”` : `import ${number}`;
  return ["From ", upload ? h("a", { href: linkToImport(upload) }, what) : what, at ? `, imported ${words.ago(at)}.` : "."];
}

const present = (value) => value !== null && value !== undefined && value !== "";
