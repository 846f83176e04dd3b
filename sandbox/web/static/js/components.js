// Components of a message: Components V2 and rows of buttons and selects.

import { colour, el, followable } from "./dom.js";
import { fileCard } from "./files.js";
import { film, gallery, isFilm, shot } from "./gallery.js";
import { markdown } from "./render.js";
import { select } from "./selects.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "premium" };

/** `use(act, custom_id, values)` tells the bot; it returns a promise that ends when the bot has answered. */
export function components(list, context) {
  return list.map((one) => component(one, context));
}

function component(given, context) {
  switch (given.type) {
    case 1: return el("div.row", {}, components(given.components, context));
    case 2: return button(given, context);
    case 3: case 5: case 6: case 7: case 8: return select(given, context);
    case 9: return section(given, context);
    case 10: return el("div.text-display", {}, markdown(given.content, context.names));
    case 11: return thumbnail(given);
    case 12: return shots(given);
    case 13: return fileCard({ url: given.file.url, ...context.files.find((one) => one.url === given.file.url) });
    case 14: return el(`hr.separator${given.divider === false ? ".bare" : ""}${given.spacing === 2 ? ".large" : ""}`);
    case 17: return container(given, context);
    default: return el("p.subtext", {}, `A component of type ${given.type} is not drawn here.`);
  }
}

function shots(given) {
  const items = given.items.map((item) => ({ ...media(item.media), alt: item.description ?? "", spoiler: item.spoiler }));
  return [...gallery(items.filter((one) => !isFilm(one))), ...items.filter(isFilm).map(film)];
}

const media = (given) => ({ url: given.url, width: given.width, height: given.height, content_type: given.content_type });

function container(given, context) {
  const box = el("div.container", {}, components(given.components, context));
  if (given.accent_color !== null && given.accent_color !== undefined) {
    box.classList.add("accented");
    box.style.setProperty("--accent", colour(given.accent_color));
  }
  return given.spoiler ? covered(box) : box;
}

function covered(box) {
  box.inert = true;
  box.classList.add("blurred");
  const show = el("button.button.secondary", { type: "button" }, "Show spoiler");
  const cover = el("div.cover", {}, box, show);
  show.addEventListener("click", () => {
    box.inert = false;
    box.classList.remove("blurred");
    show.remove();
  });
  return cover;
}

function section(given, context) {
  return el("div.section", {}, el("div.section-text", {}, components(given.components, context)), component(given.accessory, context));
}

function thumbnail(given) {
  const picture = { ...media(given.media), alt: given.description ?? "", spoiler: given.spoiler };
  return picture.url.startsWith("/attachments/") ? shot(picture, 0, [picture], "button.shot.thumbnail") : el("span");
}

function button(given, context) {
  const words = [given.emoji?.name && el("span.emoji", { "aria-hidden": given.label ? "true" : null }, given.emoji.id ? `:${given.emoji.name}:` : given.emoji.name), given.label];
  const style = STYLES[given.style] ?? "secondary";
  if (given.style === 5) {
    const href = followable(given.url);
    return el("a.button.link", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, words, el("span", { "aria-hidden": "true" }, "↗"));
  }
  const node = el(`button.button.${style}`, { type: "button", disabled: Boolean(given.disabled) }, words);
  node.dataset.customId = given.custom_id ?? "";
  node.addEventListener("click", async () => {
    if (node.getAttribute("aria-busy")) return;
    node.setAttribute("aria-busy", "true");
    await context.use("press", given.custom_id, []);
    node.removeAttribute("aria-busy");
  });
  return node;
}
