/** Words for imports. */

import * as words from "../words.js";

export const STATES = {
  looking: "Being looked at",
  unreadable: "Not readable",
  recognised: "Ready to import",
  importing: "Importing",
  imported: "Imported",
  failed: "Failed",
  cancelled: "Cancelled",
  undone: "Undone",
};
/** The looks of states, as those of tasks. */
export const LOOKS = {
  looking: "running",
  unreadable: "failed",
  recognised: "waiting",
  importing: "running",
  imported: "done",
  failed: "failed",
  cancelled: "cancelled",
  undone: "cancelled",
};

export const FORMATS = { csv: "CSV", xlsx: "Excel", parquet: "Parquet", ocds: "OCDS JSON" };
const DELIMITERS = { ",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", " ": "space" };
export const delimiter = (sign) => DELIMITERS[sign] ?? `“${sign}”`;

export const KINDS = { suppliers: "Suppliers", materials: "Materials", purchase_orders: "Purchase orders", prices: "Prices" };
/** One of each. */
export const ONE = { suppliers: "supplier", materials: "material", purchase_orders: "purchase order", prices: "price" };
export const CREATED = {
  suppliers: "created_suppliers",
  materials: "created_materials",
  purchase_orders: "created_pos",
  prices: "created_prices",
};

/** How many contracts of an import count beside what was there: those in conflict wait, or take another's place. */
export const added = ({ imported = 0, conflicts = 0 }) => imported - conflicts;

/** What an import came to, in a line. */
export function summary({ state, result, row_estimate: rows, open_conflicts: open }) {
  if (state === "imported" && result) {
    const parts = [
      `${words.count(added(result), "contract")} added`,
      result.rejected > 0 && `${words.number(result.rejected)} rejected`,
      open > 0 && `${words.count(open, "conflict")} to decide`,
    ];
    return parts.filter(Boolean).join(" · ");
  }
  return rows ? `about ${words.count(rows, "row")}` : "";
}
