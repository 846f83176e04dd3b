// An embed as Discord draws it.

import { colour, el, followable } from "./dom.js";
import { gallery, shot } from "./gallery.js";
import { line, markdown } from "./render.js";
import { dayAndHour } from "./times.js";

export function embed(given, names) {
  const card = el("div.embed");
  if (given.color !== undefined && given.color !== null) card.style.setProperty("--accent", colour(given.color));
  const body = el("div.embed-body");
  if (given.author) body.append(el("p.embed-author", {}, linked(given.author.url, [given.author.name])));
  if (given.title) body.append(el("p.embed-title", {}, linked(given.url, line(given.title, names))));
  if (given.description) body.append(el("div.embed-text", {}, markdown(given.description, names)));
  if (given.fields?.length) body.append(fields(given.fields, names));
  if (given.image) body.append(...gallery([picture(given.image)]).filter(Boolean));
  const footer = [given.footer?.text, given.timestamp && dayAndHour(given.timestamp)].filter(Boolean).join(" • ");
  if (footer) body.append(el("p.embed-footer", {}, footer));
  card.append(body);
  if (given.thumbnail?.url.startsWith("/attachments/")) {
    const small = picture(given.thumbnail);
    card.append(shot(small, 0, [small], "button.shot.thumbnail"));
  }
  return card;
}

const picture = (media) => ({ url: media.url, alt: "", width: media.width, height: media.height });

function linked(url, children) {
  const href = url && followable(url);
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, children) : children;
}

function fields(given, names) {
  const grid = el("dl.embed-fields");
  for (const field of given) {
    const kind = field.inline ? "div.embed-field" : "div.embed-field.whole";
    grid.append(el(kind, {}, el("dt", {}, line(field.name, names)), el("dd", {}, markdown(field.value, names))));
  }
  return grid;
}
