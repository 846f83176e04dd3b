// One message as Discord shows it.

import { act, Refused } from "./api.js";
import { openApps } from "./apps.js";
import { components } from "./components.js";
import { el, newId, replace } from "./dom.js";
import { embed } from "./embed.js";
import { fileCard } from "./files.js";
import { film, gallery, isFilm, isPicture, pictureOf } from "./gallery.js";
import { openModal } from "./modal.js";
import { markdown } from "./render.js";
import { state } from "./state.js";
import { clock, dayAndHour } from "./times.js";

const V2 = 1 << 15;
const SILENT = 1 << 12;
const TOGETHER_MS = 7 * 60 * 1000;

export const isV2 = (message) => Boolean(message.flags & V2);

/** Is `message` drawn under the head of the one before it? */
export function follows(message, before) {
  return (
    Boolean(before) &&
    before.author.id === message.author.id &&
    !message.typed &&
    !message.message_reference &&
    !message.ephemeral &&
    !before.ephemeral &&
    new Date(message.timestamp) - new Date(before.timestamp) < TOGETHER_MS
  );
}

/** A list entry. `before` is the message above it. */
export function drawMessage(message, before) {
  const item = el("li.message", { id: `message-${message.id}` });
  redraw(item, message, before);
  return item;
}

/** Draws it anew in its place; what the person opened or holds in focus is kept as far as it can be. */
export function redraw(item, message, before) {
  const focused = item.contains(document.activeElement) ? document.activeElement.dataset.customId : undefined;
  const joined = follows(message, before);
  const head = newId("head");
  item.className = `message${joined ? " joined" : ""}${message.ephemeral ? " ephemeral" : ""}`;
  const article = el("article.body", { "aria-labelledby": head }, [
    message.typed && asked(message),
    message.message_reference && answers(message),
    heading(message, head, joined),
    apps(message),
    ...content(message),
    message.ephemeral && whisper(message),
    el("p.failed", { role: "alert" }),
  ]);
  keepImages(item, article);
  replace(item, joined ? el("span.avatar-space", { "aria-hidden": "true" }) : avatar(message.author), article);
  if (focused) item.querySelector(`[data-custom-id="${CSS.escape(focused)}"]`)?.focus();
}

/** A picture that is still in the message is not loaded again, so that an edit does not flicker. */
function keepImages(item, article) {
  const loaded = new Map([...item.querySelectorAll(".shot img")].map((image) => [image.src, image]));
  for (const image of article.querySelectorAll(".shot img")) {
    const before = loaded.get(image.src);
    loaded.delete(image.src);
    if (before) image.replaceWith(before);
  }
}

export function avatar(author) {
  if (author.bot) return el("img.avatar", { src: "/static/img/bot.svg", alt: "" });
  const name = state.names[author.id] ?? author.username;
  const face = el("span.avatar", { "aria-hidden": "true" }, name[0]);
  face.dataset.hue = String(Math.max(Object.values(state.people).indexOf(author.id), 0) % 4);
  return face;
}

function asked(message) {
  const name = state.names[message.asked_by] ?? "somebody";
  return el("p.asked", {}, el("strong", {}, name), " used ", el("span.mention", {}, `/${message.typed}`));
}

/** What it replies to; a tap goes there. */
function answers(message) {
  const first = message.referenced_message;
  const words = first ? first.content.replace(/\\(.)/g, "$1").slice(0, 60) || "a message" : "a deleted message";
  const link = first ? el("a.plain-link", { href: `#message-${first.id}` }, words) : words;
  return el("p.asked", {}, "Reply to ", link);
}

function heading(message, id, joined) {
  const name = state.names[message.author.id] ?? message.author.username;
  return el(
    joined ? "p.head.unseen" : "p.head",
    { id },
    el("span.author", {}, name),
    " ",
    message.author.bot && [el("span.app", {}, "APP"), " "],
    clock(message.timestamp),
    Boolean(message.flags & SILENT) && el("span.silent", { role: "img", "aria-label": "Silent message" }, "🔕"),
  );
}

function apps(message) {
  const failed = (sentence) => {
    const place = document.querySelector(`#message-${CSS.escape(message.id)} .failed`);
    if (place) place.textContent = sentence;
  };
  return el("button.apps", { type: "button", "aria-label": "Apps", title: "Apps", onclick: () => openApps(message, failed) }, "⋯");
}

function content(message) {
  const parts = [];
  const edited = message.edited_timestamp && el("span.edited", { title: dayAndHour(message.edited_timestamp) }, "(edited)");
  if (message.content) {
    const text = el("div.content", {}, markdown(message.content, state.names));
    if (edited) (text.lastElementChild?.tagName === "P" ? text.lastElementChild : text).append(" ", edited);
    parts.push(text);
  }
  if (!isV2(message)) {
    const pictures = message.attachments.filter(isPicture);
    if (pictures.length) parts.push(...gallery(pictures.map(pictureOf)));
    parts.push(...message.attachments.filter(isFilm).map(film));
    parts.push(...message.attachments.filter((file) => !isPicture(file) && !isFilm(file)).map(fileCard));
    parts.push(...message.embeds.map((one) => embed(one, state.names)));
  }
  const context = { names: state.names, files: message.attachments, use: (kind, customId, values) => use(message, kind, customId, values) };
  parts.push(...components(message.components, context));
  if (edited && !message.content) parts.push(el("p.edited-line", {}, edited));
  return parts;
}

function whisper(message) {
  const dismiss = el("button.plain-link", { type: "button" }, "Dismiss message");
  dismiss.addEventListener("click", () => act("dismiss", { message: message.id, custom_id: "" }));
  return el("p.whisper", {}, el("span", { "aria-hidden": "true" }, "👁 "), "Only you can see this · ", dismiss);
}

async function use(message, kind, customId, values) {
  const place = document.querySelector(`#message-${CSS.escape(message.id)} .failed`);
  if (place) place.textContent = "";
  try {
    const came = await act(kind, { message: message.id, custom_id: customId, values });
    if (came.modal) openModal(came.modal, came.form);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const now = document.querySelector(`#message-${CSS.escape(message.id)} .failed`);
    if (now) now.textContent = `This interaction failed. ${error.message}`;
  }
}
