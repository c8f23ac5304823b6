/** Paging: which rows are shown of how many, and ways to the other pages. */

import { h, icon, mount } from "./dom.js";
import * as words from "./words.js";

/**
 * @param {{id: string, label: string, onPage: function(number): void}} options
 * @returns {{node: HTMLElement, update: function({page: number, page_size: number, total_count: number, total_pages?: number}): void}}
 */
export function pager({ id, label, onPage }) {
  const node = h("nav", { class: "pager", "aria-label": label });
  return {
    node,
    update({ page, page_size: size, total_count: total, total_pages: pages = Math.ceil(total / size) }) {
      node.hidden = !total;
      const step = (name, words, glyph, target) =>
        h(
          "button",
          {
            type: "button",
            class: "icon-button",
            id: `${id}-${name}`,
            "aria-label": words,
            title: words,
            disabled: target < 1 || target > pages || target === page,
            onClick: () => onPage(target),
          },
          icon(glyph),
        );
      const from = Math.min((page - 1) * size + 1, total);
      const to = Math.min(page * size, total);
      const shown =
        page > pages
          ? `No rows here; there are ${words.number(total)}`
          : `${words.number(from)}–${words.number(to)} of ${words.number(total)}`;
      mount(
        node,
        h("p", { class: "pager-shown" }, shown),
        pages > 1 && step("first", "First page", "first", 1),
        pages > 1 && step("previous", "Previous page", "back", Math.min(page - 1, pages)),
        pages > 1 && pageField(id, page, pages, onPage),
        pages > 1 && step("next", "Next page", "next", page + 1),
        pages > 1 && step("last", "Last page", "last", pages),
      );
    },
  };
}

function pageField(id, page, pages, onPage) {
  const input = h("input", {
    type: "text",
    inputmode: "numeric",
    class: "pager-input",
    id: `${id}-page`,
    value: String(page),
    "aria-label": "Page",
  });
  const leave = () => {
    const wanted = Number.parseInt(input.value.replaceAll(/\D/g, ""), 10);
    if (!Number.isFinite(wanted) || wanted < 1) input.value = String(page);
    else if (wanted !== page) onPage(Math.min(wanted, pages));
  };
  return h(
    "form",
    {
      class: "pager-form",
      onSubmit: (event) => {
        event.preventDefault();
        leave();
      },
    },
    h("span", { "aria-hidden": "true" }, "Page"),
    input,
    h("span", null, `of ${words.number(pages)}`),
  );
}
