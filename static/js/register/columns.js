/** The columns of the table of contracts: what they are called, what stands in them, which can be sorted by. */

import { h } from "../dom.js";
import { linkToContract } from "../route.js";
import { amount, day, plain } from "./figures.js";

/** name -> {label, sort?: bool, kind: "text" | "amount" | "number" | "date", follow?: list of the query that its value is a chip of} */
export const COLUMNS = {
  award_date: { label: "Date", sort: true, kind: "date" },
  award_title: { label: "Contract", kind: "text" },
  awardee_name: { label: "Contractor", sort: true, kind: "text", follow: "contractors" },
  organization_name: { label: "Organization", sort: true, kind: "text", follow: "organizations" },
  area_of_delivery: { label: "Area", sort: true, kind: "text" },
  business_category: { label: "Category", sort: true, kind: "text" },
  contract_amount: { label: "Amount", sort: true, kind: "amount" },
  contract_no: { label: "Contract no.", kind: "text" },
  reference_id: { label: "Reference", kind: "text" },
  award_status: { label: "Status", kind: "text" },
  item_name: { label: "Item", kind: "text" },
  item_description: { label: "Description", kind: "text" },
  quantity: { label: "Quantity", kind: "number" },
  unit: { label: "Unit", kind: "text" },
  unit_price: { label: "Unit price", kind: "amount" },
};

export const DEFAULT_COLUMNS = [
  "award_date",
  "award_title",
  "awardee_name",
  "organization_name",
  "area_of_delivery",
  "business_category",
  "contract_amount",
];
export const SORTABLE = Object.keys(COLUMNS).filter((name) => COLUMNS[name].sort);

/** What a contract is called: the first of its names that is there. */
export const titleOf = (row) =>
  row.award_title || row.notice_title || row.item_name || row.contract_no || row.reference_id || "Contract without a title";

/** What stands in one cell; `followed(list, name)` gives the address that follows a name through the years. */
export function cell(name, row, followed) {
  const { kind, follow } = COLUMNS[name];
  if (name === "award_title") return h("a", { href: linkToContract(row.id), class: "row-title", id: `contract-${row.id}` }, titleOf(row));
  const value = row[name];
  if (value === null || value === undefined || value === "") return h("span", { class: "is-missing", "aria-label": "not given" }, "–");
  if (kind === "amount") return amount(value);
  if (kind === "date") return day(value);
  if (kind === "number") return plain(value);
  if (follow) return h("a", { href: followed(follow, value), class: "row-name", title: `Follow ${value} through the years` }, value);
  return String(value);
}
