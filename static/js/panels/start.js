/** The first page: a place to drop a document, and the documents of before. */

import { preferenceChoices, standingEntry } from "../checklist/entry.js";
import { deleteDocument, loadDocuments, moreDocuments } from "../desk.js";
import { confirm } from "../dialogs.js";
import { h, icon, mount } from "../dom.js";
import { takeDrops } from "../drops.js";
import { button, problem, progressLine, skeleton } from "../parts.js";
import { linkTo } from "../route.js";
import { store } from "../store.js";
import { cancelUpload, dismissUpload, sendDocument } from "../uploads.js";
import * as words from "../words.js";

const TYPES = ".docx,.pdf,.txt,.md";

/** @param {HTMLElement} root */
export function startPanel(root) {
  const place = h("div", { class: "intake", id: "intake" });
  const options = guidelinesOptions();
  const list = h("section", { class: "documents", "aria-labelledby": "documents-title" });
  root.append(
    h(
      "div",
      { class: "start-intro" },
      h("h1", null, "Review a document"),
      h(
        "p",
        { class: "lead" },
        "Tender documents, contracts and reports, read section by section. Findings quote the words they are about.",
      ),
    ),
    place,
    h("div", { class: "start-options" }, options.node, standingEntry()),
    list,
  );
  const send = (file) => sendDocument(file, options.chosen());
  let bar = null;
  store.on(["upload"], ({ upload }) => {
    if (bar && upload && upload.phase === bar.phase) bar.update(upload);
    else bar = drawIntake(place, upload, send);
  });
  store.on(["documents"], ({ documents }) => drawDocuments(list, documents));
  takeDrops(["documents", "tasks"], { words: "Drop the document to open it", take: send, home: "#/" });
}

function drawIntake(place, upload, send) {
  if (!upload || upload.phase === "failed") {
    const input = h("input", {
      type: "file",
      id: "file",
      accept: TYPES,
      "aria-describedby": "file-hint",
      onChange: () => input.files[0] && send(input.files[0]),
    });
    const again = upload?.again && button("Try again", upload.again, { id: "upload-again", look: "primary" });
    mount(
      place,
      upload &&
        h(
          "div",
          { role: "alert" },
          problem(upload.error, {
            title: `${upload.name} was not opened`,
            actions: [again, button("Dismiss", dismissUpload, { look: "quiet" })],
          }),
        ),
      h(
        "div",
        { class: "intake-drop" },
        icon("upload"),
        h(
          "label",
          { for: "file", class: "intake-label" },
          h("strong", null, "Choose a document"),
          h("span", null, " or drop it anywhere on this page"),
        ),
        input,
        h("p", { class: "hint", id: "file-hint" }, "Word (.docx), PDF, text or Markdown, up to 25\u00a0MB."),
      ),
    );
    return null;
  }
  const line = progressLine("Upload");
  mount(
    place,
    h(
      "div",
      { class: "intake-busy" },
      h("p", { class: "intake-name" }, icon("file"), upload.name),
      line.node,
      button("Cancel", cancelUpload, { id: "cancel-upload" }),
    ),
  );
  const bar = {
    phase: upload.phase,
    update({ phase, loaded, total }) {
      if (phase === "reading") line.update({ status: "Reading the document", progress: null });
      else
        line.update({
          status: `Sending: ${words.bytes(loaded)} of ${words.bytes(total)}`,
          progress: total ? (100 * loaded) / total : null,
        });
    },
  };
  bar.update(upload);
  return bar;
}

function guidelinesOptions() {
  const file = h("input", { type: "file", id: "guidelines", accept: ".md,.txt,.docx", "aria-describedby": "guidelines-hint" });
  const node = h(
    "details",
    { class: "options" },
    h("summary", null, "Review by your own checklist"),
    h(
      "div",
      { class: "options-body" },
      h("label", { for: "guidelines" }, "Checklist file"),
      file,
      h(
        "p",
        { class: "hint", id: "guidelines-hint" },
        "Markdown, text or Word, up to 1\u00a0MB, one check for each heading or list item. Choose it before the document; it goes along with it.",
      ),
      h("fieldset", null, h("legend", null, "Check against"), preferenceChoices()),
    ),
  );
  return {
    node,
    chosen: () => ({ guidelines: file.files[0], preference: node.querySelector("input[name=preference]:checked").value }),
  };
}

function drawDocuments(list, documents) {
  const title = h("h2", { id: "documents-title" }, "Your documents");
  if (!documents) return mount(list, title, h("p", { class: "hidden-visually" }, "Loading the list"), skeleton(3));
  if (documents.error)
    return mount(
      list,
      title,
      problem(documents.error, { title: "The list could not be loaded", actions: [button("Try again", () => loadDocuments())] }),
    );
  if (!documents.list.length)
    return mount(list, title, h("p", { class: "documents-none" }, "None yet. What you open is listed here."));
  const more =
    documents.total > documents.list.length &&
    button(`Show more of ${words.number(documents.total)}`, moreDocuments, { id: "more-documents" });
  return mount(list, title, h("ul", { class: "documents-list" }, documents.list.map(documentRow)), more);
}

function analyzed({ analyzed_sections: done, sections_with_words: all }) {
  if (!done) return null;
  return done >= all ? "all analyzed" : `${words.number(done)} analyzed`;
}

/** How far the reader is; one's own findings need no decision. */
function decided({ findings, decisions: { pending, own } }) {
  if (findings === own) return null;
  if (!pending) return "all decided";
  return pending === findings - own ? "none decided" : `${words.number(pending)} undecided`;
}

function documentRow(document) {
  const { session_id: id, document_name: name } = document;
  const states = { parsing: "being read", failed: "could not be read" };
  const facts = [
    words.KINDS[document.kind] ?? document.kind,
    states[document.state] ?? words.count(document.total_sections, "section"),
    analyzed(document),
    document.findings ? words.count(document.findings, "finding") : null,
    decided(document),
    words.ago(document.created_at),
  ].filter(Boolean);
  const remove = async () => {
    const sure = await confirm({
      title: "Delete this document?",
      text: `“${name}” is deleted with its findings and questions. This can't be undone.`,
    });
    if (!sure) return;
    try {
      await deleteDocument(id);
    } catch (error) {
      row.append(problem(error, { title: "It was not deleted" }));
    }
    (window.document.querySelector(".documents-list a") ?? window.document.getElementById("file"))?.focus();
  };
  const row = h(
    "li",
    { class: "document" },
    h(
      "a",
      { href: linkTo(id), class: "document-link" },
      h("span", { class: "document-name" }, name),
      h("span", { class: "document-facts" }, facts.join(" · ")),
    ),
    h("button", { type: "button", class: "icon-button", "aria-label": `Delete ${name}`, title: "Delete", onClick: remove }, icon("trash")),
  );
  return row;
}
