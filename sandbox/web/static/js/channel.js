// The list of messages: in order, at its newest end unless the person reads further up.

import { announce, byId, el } from "./dom.js";
import { drawMessage, isV2, redraw } from "./message.js";
import { on, state } from "./state.js";

const NEAR = 80;
const ANNOUNCED = 200;
const messages = new Map();

export function startChannel() {
  const scroller = byId("scroller");
  on("everything", ({ messages: all }) => begin(all));
  on("created", (message) => add(message));
  on("changed", (message) => change(message));
  on("removed", (id) => remove(id));
  byId("to-newest").addEventListener("click", toNewest);
  scroller.addEventListener("scroll", () => {
    if (atNewest()) byId("to-newest").hidden = true;
  });
  let before = scroller.scrollHeight - scroller.clientHeight;
  let stuck = true;
  scroller.addEventListener("scroll", () => {
    if (scroller.scrollHeight - scroller.clientHeight === before) stuck = atNewest();
  });
  const follow = new ResizeObserver(() => {
    before = scroller.scrollHeight - scroller.clientHeight;
    if (stuck) toNewest();
  });
  follow.observe(byId("messages"));
  follow.observe(scroller);
}

const atNewest = () => {
  const scroller = byId("scroller");
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
};

export function toNewest() {
  const scroller = byId("scroller");
  scroller.scrollTop = scroller.scrollHeight;
  byId("to-newest").hidden = true;
}

function begin(all) {
  messages.clear();
  byId("messages").replaceChildren();
  byId("channel-name").textContent = state.channel.name;
  byId("scroller").setAttribute("aria-label", `Messages in #${state.channel.name}`);
  byId("beginning").textContent = `This is the beginning of #${state.channel.name} in ${state.guild}.`;
  for (const message of all) place(message);
  toNewest();
}

function place(message) {
  const before = [...messages.values()].at(-1);
  messages.set(message.id, message);
  byId("messages").append(drawMessage(message, before));
}

function add(message) {
  if (messages.has(message.id)) return change(message);
  const stays = atNewest();
  place(message);
  if (stays) toNewest();
  else byId("to-newest").hidden = false;
  const name = state.names[message.author.id] ?? message.author.username;
  const words = message.content || (isV2(message) || message.components.length ? drawn(message.id) : "sent a message");
  announce(`${name}: ${words.slice(0, ANNOUNCED)}`);
}

const drawn = (id) => byId(`message-${id}`)?.querySelector(".container, .text-display")?.textContent ?? "";

function change(message) {
  if (!messages.has(message.id)) return;
  const stays = atNewest();
  messages.set(message.id, message);
  redraw(byId(`message-${message.id}`), message, above(message.id));
  if (stays) toNewest();
}

function remove(id) {
  if (!messages.delete(id)) return;
  const item = byId(`message-${id}`);
  const held = item.contains(document.activeElement);
  const next = item.nextElementSibling;
  item.remove();
  if (next) {
    const message = messages.get(next.id.slice("message-".length));
    if (message) redraw(next, message, above(message.id));
  }
  if (held) byId("scroller").focus();
  announce("A message was removed.");
}

function above(id) {
  const ids = [...messages.keys()];
  return messages.get(ids[ids.indexOf(id) - 1]);
}

/** What stands below the messages while the bot thinks about a command; returns how to take it away. */
export function thinking(words) {
  const dots = el("span.dots", { "aria-hidden": "true" }, el("i"), el("i"), el("i"));
  const name = state.names[state.bot] ?? "The bot";
  const item = el("li.message.pending", {}, el("img.avatar", { src: "/static/img/bot.svg", alt: "" }), el("p.body", {}, `${name} is thinking about /${words} `, dots));
  byId("messages").append(item);
  toNewest();
  return () => item.remove();
}

/** A line that only this page shows: why something was not done. */
export function failure(sentence) {
  const item = el("li.message.ephemeral.local", {}, el("span.avatar-space"));
  const dismiss = el("button.plain-link", { type: "button", onclick: () => item.remove() }, "Dismiss message");
  item.append(el("div.body", {}, el("p.failed", { role: "alert" }, sentence), el("p.whisper", {}, "Only you can see this · ", dismiss)));
  byId("messages").append(item);
  toNewest();
}
