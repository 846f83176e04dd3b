// The bot's form. The dialog keeps the focus inside; what is wrong is said beside the field.

import { act, Refused } from "./api.js";
import { el, newId } from "./dom.js";
import { markdown } from "./render.js";
import { choices, offered } from "./selects.js";
import { state } from "./state.js";

const TEXT_INPUT = 4;
const FILE_UPLOAD = 19;
const MOST_BYTES = 10 * 1024 * 1024; // what Discord takes of a person
const LONG = 2;

/** Opens a modal that the bot answered with; `form` is its key. */
export function openModal(modal, form) {
  const title = newId("modal");
  const fields = [];
  const body = modal.components.map((one) => block(one, fields));
  const trouble = el("p.trouble", { role: "alert" });
  const send = el("button.button.primary", { type: "submit" }, "Submit");
  const close = () => dialog.close();
  const content = el(
    "form.modal-form",
    { novalidate: true },
    el("div.modal-head", {}, el("h2", { id: title }, modal.title), el("button.icon-button", { type: "button", "aria-label": "Close", onclick: close }, "✕")),
    el("p.subtext", {}, `This form comes from ${state.names[state.bot] ?? "the bot"}.`),
    body,
    trouble,
    el("div.modal-foot", {}, el("button.button.secondary", { type: "button", onclick: close }, "Cancel"), send),
  );
  const dialog = el("dialog.modal", { "aria-labelledby": title }, content);
  content.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!fields.map((field) => field.check()).every(Boolean)) {
      fields.find((field) => !field.fits()).input.focus();
      return;
    }
    send.setAttribute("aria-busy", "true");
    try {
      const values = await Promise.all(fields.map(async (one) => [one.name, await one.value()]));
      await act("submit", { form, fields: Object.fromEntries(values.filter(([, value]) => value !== null)) });
      dialog.close();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      trouble.textContent = error.message;
    }
    send.removeAttribute("aria-busy");
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.input.focus();
}

function block(given, fields) {
  if (given.type === 10) return el("div.text-display", {}, markdown(given.content, state.names));
  if (given.type === 18) return labelled(given.component, given.label, given.description, fields);
  return given.components.map((one) => labelled(one, one.label ?? "", null, fields));
}

function labelled(given, label, description, fields) {
  const [id, help, wrong] = [newId("field"), newId("help"), newId("wrong")];
  const described = description ? `${help} ${wrong}` : wrong;
  const field = fieldOf(given, id, label);
  field.input.setAttribute("aria-describedby", described);
  const said = el("p.trouble", { id: wrong });
  fields.push({
    ...field,
    name: given.custom_id,
    check() {
      const fits = field.fits();
      field.input.setAttribute("aria-invalid", String(!fits));
      said.textContent = fits ? "" : field.trouble;
      return fits;
    },
  });
  const needed = given.required !== false;
  return el(
    "div.field",
    {},
    el("label", { for: id }, label, needed && el("span.needed", { "aria-hidden": "true" }, " *")),
    description && el("p.subtext", { id: help }, description),
    field.node ?? field.input,
    said,
  );
}

function fieldOf(given, id, label) {
  if (given.type === TEXT_INPUT) return textField(given, id);
  return given.type === FILE_UPLOAD ? fileField(given, id) : choiceField(given, id, label);
}

function fileField(given, id) {
  const needed = given.required !== false;
  const input = el("input.file-choice", { id, type: "file", accept: "image/*", "aria-required": String(needed) });
  const fits = () => (input.files.length ? input.files[0].size <= MOST_BYTES : !needed);
  return { input, fits, trouble: "Choose a file of up to 10 MB.", value: () => contents(input.files[0]) };
}

/** The file as the page's server takes it; null for none. */
export async function contents(file) {
  if (!file) return null;
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Refused("This file can't be read."));
    reader.readAsDataURL(file);
  });
  return { filename: file.name, data: url.slice(url.indexOf(",") + 1) };
}

function textField(given, id) {
  const needed = given.required !== false;
  const common = {
    id,
    placeholder: given.placeholder ?? null,
    maxlength: String(given.max_length ?? 4000),
    "aria-required": String(needed),
  };
  const input =
    given.style === LONG ? el("textarea", { ...common, rows: "4" }) : el("input", { ...common, type: "text", autocomplete: "off" });
  input.value = given.value ?? "";
  const least = given.min_length ?? (needed ? 1 : 0);
  return {
    input,
    fits: () => input.value.length >= least,
    trouble: least > 1 ? `At least ${least} characters.` : "This is needed.",
    value: () => input.value,
  };
}

function choiceField(given, id, label) {
  const least = given.required === false ? 0 : (given.min_values ?? 1);
  const most = given.max_values ?? 1;
  const options = offered(given);
  const trouble = least === most ? `Choose ${least}.` : `Choose ${least} to ${most}.`;
  const fits = (count) => count <= most && (count >= least || (count === 0 && given.required === false));
  if (most > 1) {
    const boxes = choices(options, newId("choice"));
    const input = el("div.choices", { id, role: "group", "aria-label": label, tabindex: "-1" }, boxes.map((one) => one.label));
    const value = () => boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
    return { input, fits: () => fits(value().length), trouble, value };
  }
  const input = el("select.select", { id });
  input.append(el("option", { value: "" }, given.placeholder || "Make a selection"));
  for (const one of options) input.append(el("option", { value: one.value, selected: Boolean(one.default) }, one.label));
  const value = () => (input.value ? [input.value] : []);
  return { input, node: el("div.select-frame", {}, input), fits: () => fits(value().length), trouble, value };
}
