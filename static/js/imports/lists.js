/** Lists: suppliers, materials, purchase orders and prices of the register or of one import, and the rows that were rejected. */

import { h } from "../dom.js";
import { amount, day, plain } from "../register/figures.js";
import { EMPTY, linkToQuery } from "../register/query.js";
import { IMPORTS, linkToImport } from "../route.js";
import { listing } from "./listing.js";
import { INGESTION, pathOf } from "./load.js";
import { KINDS } from "./words.js";

const or = (value, shown) => (value === null || value === undefined || value === "" ? "–" : shown(value));
const money = (key, label, sort) => ({ key, label, kind: "amount", sort, cell: (row) => or(row[key], amount) });
const number = (key, label, sort) => ({ key, label, kind: "integer", sort, cell: (row) => or(row[key], plain) });
const toContracts = (filter, words) => h("a", { href: linkToQuery({ ...EMPTY, ...filter }) }, words);

const COLUMNS = {
  suppliers: [
    { key: "name", label: "Supplier", sort: "name", cell: ({ name }) => toContracts({ contractors: [name] }, name) },
    number("count", "Contracts", "count"),
    money("total_value", "Total value", "total_value"),
  ],
  materials: [
    { key: "name", label: "Material", sort: "name", cell: ({ name }) => toContracts({ keywords: [name] }, name) },
    number("count", "Rows", "count"),
    money("total_value", "Total value", "total_value"),
  ],
  purchase_orders: [
    { key: "number", label: "Number", sort: "name" },
    { key: "name", label: "Title", cell: ({ name }) => or(name, String) },
    {
      key: "organization",
      label: "Organization",
      cell: ({ organization: name }) => or(name, () => toContracts({ organizations: [name] }, name)),
    },
    { key: "award_date", label: "Date", cell: (row) => or(row.award_date, day) },
    money("total_value", "Value", "total_value"),
  ],
  prices: [
    { key: "name", label: "Item", sort: "name", cell: ({ name }) => toContracts({ keywords: [name] }, name) },
    { key: "unit", label: "Unit", cell: ({ unit }) => or(unit, String) },
    money("unit_price", "Price"),
    money("lowest", "Lowest"),
    money("highest", "Highest"),
    number("count", "Rows", "count"),
  ],
};
const ORDERS = { suppliers: "total_value.desc", materials: "total_value.desc", purchase_orders: "total_value.desc", prices: "count.desc" };

/** A list over the whole register. */
export function listsView({ part }) {
  const kind = KINDS[part] ? part : "suppliers";
  return h(
    "div",
    { class: "import-page" },
    h("h1", null, KINDS[kind]),
    listing({
      address: `${IMPORTS}/lists/${kind}`,
      path: `${INGESTION}/lists/`,
      params: { kind },
      rows: "rows",
      title: KINDS[kind],
      none: "The register knows none yet.",
      searched: "Search",
      sort: ORDERS[kind],
      columns: COLUMNS[kind],
    }),
  );
}

/** What one import brought that was not there before. */
export function createdView({ upload_id: id }, kind) {
  const columns = COLUMNS[kind].map((column) => ({ ...column, sort: undefined }));
  return [
    h("h2", null, `New ${KINDS[kind].toLowerCase()}`),
    listing({
      address: `${linkToImport(id)}/${kind}`,
      path: `${pathOf(id)}/created/`,
      params: { kind },
      rows: "rows",
      title: `New ${KINDS[kind].toLowerCase()}`,
      none: "Nothing new.",
      searched: "Search",
      columns,
    }),
  ];
}

/** The rows that could not be taken, and why. */
export function rejectsView({ upload_id: id }) {
  return [
    h(
      "div",
      { class: "listing-head" },
      h("h2", null, "Rejected rows"),
      h("a", { class: "button small", id: "download-rejects", href: `${pathOf(id)}/errors.csv`, download: "" }, "Download all"),
    ),
    listing({
      address: `${linkToImport(id)}/rejects`,
      path: `${pathOf(id)}/rejects/`,
      rows: "rejects",
      title: "Rejected rows",
      none: "Every row was taken.",
      columns: [
        { key: "line", label: "Line", kind: "integer", cell: ({ line }) => plain(line) },
        { key: "column", label: "Column", cell: ({ column }) => or(column, String) },
        { key: "value", label: "Value", cell: ({ value }) => or(value, (text) => h("code", null, text)) },
        { key: "reason", label: "Reason" },
      ],
    }),
  ];
}
