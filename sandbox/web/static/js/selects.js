// A select of a message: one value by the browser's own select, several by a list of boxes.

import { el, newId } from "./dom.js";
import { state } from "./state.js";

/** Users, roles, channels are offered from what the guild has. */
export function offered(given) {
  const users = () => state.users.map((one) => ({ value: one.id, label: one.name }));
  const roles = () => state.roles.map((one) => ({ value: one.id, label: one.name }));
  switch (given.type) {
    case 5: return users();
    case 6: return roles();
    case 7: return [...users(), ...roles()];
    case 8: return [{ value: state.channel.id, label: `#${state.channel.name}` }];
    default: return given.options ?? [];
  }
}

export function select(given, context) {
  const chosen = new Set((given.default_values ?? []).map((one) => one.id));
  const options = offered(given).map((one) => ({ ...one, default: one.default || chosen.has(one.value) }));
  const words = given.placeholder || "Make a selection";
  return (given.max_values ?? 1) > 1 ? many(given, options, words, context) : single(given, options, words, context);
}

function single(given, options, words, context) {
  const list = el("select.select", { "aria-label": words, disabled: Boolean(given.disabled) });
  const chosen = options.find((one) => one.default);
  const none = given.min_values === 0;
  list.append(el("option", { value: "", disabled: !none, selected: !chosen }, words));
  for (const one of options) {
    const label = [one.emoji?.id ? "" : one.emoji?.name, one.label].filter(Boolean).join(" ");
    const text = one.description ? `${label} – ${one.description}` : label;
    list.append(el("option", { value: one.value, selected: one === chosen }, text));
  }
  list.dataset.customId = given.custom_id;
  list.addEventListener("change", async () => {
    list.setAttribute("aria-busy", "true");
    await context.use("select", given.custom_id, list.value ? [list.value] : []);
    list.removeAttribute("aria-busy");
  });
  return el("div.select-frame", {}, list);
}

/** A box to tick for each option: `{box, label}`. */
export function choices(options, group) {
  return options.map((one) => {
    const box = el("input", { type: "checkbox", value: one.value, checked: Boolean(one.default), name: group });
    const text = one.description ? `${one.label} – ${one.description}` : one.label;
    return { box, label: el("label.choice", {}, box, el("span", {}, text)) };
  });
}

function many(given, options, words, context) {
  const low = given.min_values ?? 1;
  const boxes = choices(options, newId("choice"));
  const send = el("button.button.primary", { type: "button" }, "Choose");
  const count = () => {
    const number = boxes.filter(({ box }) => box.checked).length;
    send.disabled = Boolean(given.disabled) || number < low || number > given.max_values;
  };
  for (const { box } of boxes) {
    box.disabled = Boolean(given.disabled);
    box.addEventListener("change", count);
  }
  count();
  const chosen = options.filter((one) => one.default).map((one) => one.label).join(", ");
  const node = el("details.select-many", {}, el("summary", {}, chosen || words), el("div.choices", { role: "group", "aria-label": words }, boxes.map(({ label }) => label), send));
  send.addEventListener("click", async () => {
    send.setAttribute("aria-busy", "true");
    await context.use("select", given.custom_id, boxes.filter(({ box }) => box.checked).map(({ box }) => box.value));
    send.removeAttribute("aria-busy");
    node.open = false;
  });
  return node;
}
