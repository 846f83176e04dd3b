// Attachments that are no pictures: a card to save them by.

import { el, fileSize, isOurs } from "./dom.js";

/** `file`: `{url, filename, size, description}`. */
export function fileCard(file) {
  const name = file.filename ?? file.url.split("/").at(-1);
  const words = el(
    "span.file-words",
    {},
    el("span.file-name", {}, name),
    " ",
    el("span.file-size", {}, file.size ? fileSize(file.size) : "File"),
  );
  const icon = el("span.file-icon", { "aria-hidden": "true" }, "📄");
  const save = el("span.file-save", { "aria-hidden": "true" }, "↓");
  if (!isOurs(file.url)) return el("div.file", {}, icon, words);
  return el("a.file", { href: file.url, download: name }, icon, el("span.unseen", {}, "Save "), words, save);
}
