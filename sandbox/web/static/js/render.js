// A markdown tree becomes elements. Foreign text reaches the page here, as text nodes only.

import { el, followable } from "./dom.js";
import { inline, parse } from "./markdown.js";
import { timestamp } from "./times.js";

const TAGS = { strong: "strong", em: "em", underline: "u", strike: "s" };

/** `names` turns the ids of users, roles and channels into their names. */
export function markdown(text, names) {
  return parse(text ?? "").map((block) => drawBlock(block, names));
}

/** One line: no headings, lists or quotes. */
export function line(text, names) {
  return inline(text ?? "").map((node) => draw(node, names));
}

function drawBlock(block, names) {
  const inside = () => block.children.map((node) => draw(node, names));
  switch (block.kind) {
    case "block":
      return el("pre.code-block", { tabindex: "0", role: "region", "aria-label": "Code" }, el("code", {}, block.text));
    case "heading":
      return el(`p.md-h${block.level}`, { role: "heading", "aria-level": String(block.level + 3) }, inside());
    case "subtext": return el("p.subtext", {}, inside());
    case "quote": return el("blockquote", {}, block.children.map((one) => drawBlock(one, names)));
    case "list": {
      const list = el(block.ordered ? "ol.md-list" : "ul.md-list", { start: block.ordered ? String(block.start) : null });
      for (const item of block.items) {
        const entry = el("li", {}, item.children.map((node) => draw(node, names)));
        if (item.level) entry.style.setProperty("--level", item.level);
        list.append(entry);
      }
      return list;
    }
    default: return el("p", {}, inside());
  }
}

function draw(node, names) {
  const inside = () => node.children.map((one) => draw(one, names));
  switch (node.kind) {
    case "text": return node.text;
    case "break": return el("br");
    case "code": return el("code", {}, node.text);
    case "spoiler": return spoiler(inside());
    case "time": return timestamp(node.unix, node.style);
    case "mention": return mention(node, names);
    case "link": {
      const href = followable(node.url);
      return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, inside()) : inside();
    }
    default: return el(TAGS[node.kind], {}, inside());
  }
}

function mention(node, names) {
  if (node.what === "command") return el("span.mention", {}, `/${node.name}`);
  if (node.what === "everyone") return el("span.mention", {}, `@${node.name}`);
  const sign = node.what === "channel" ? "#" : "@";
  return el("span.mention", {}, sign + (names[node.id] ?? "unknown"));
}

function spoiler(children) {
  const hidden = el("span", { "aria-hidden": "true" }, children);
  const cover = el("span.spoiler", { role: "button", tabindex: "0", "aria-label": "Spoiler, press to show" }, hidden);
  const show = () => {
    cover.classList.add("shown");
    for (const name of ["role", "tabindex", "aria-label"]) cover.removeAttribute(name);
    hidden.removeAttribute("aria-hidden");
  };
  cover.addEventListener("click", show);
  cover.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      show();
    }
  });
  return cover;
}
