// The bot's form. The dialog keeps the focus inside; what is wrong is said beside the field.

import { act, Refused } from "./api.js";
import { el, newId } from "./dom.js";
import { markdown } from "./render.js";
import { state } from "./state.js";

const LONG = 2;

/** Opens a modal that the bot answered with; `form` is its key. */
export function openModal(modal, form) {
  const opener = document.activeElement;
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
      await act("submit", { form, texts: Object.fromEntries(fields.map((one) => [one.name, one.input.value])) });
      dialog.close();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      trouble.textContent = error.message;
    }
    send.removeAttribute("aria-busy");
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    opener?.focus();
  });
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
  if (given.type !== 4) return el("p.subtext", {}, `${label}: a choice of this kind can't be made here.`);
  const [id, help, wrong] = [newId("field"), newId("help"), newId("wrong")];
  const needed = given.required !== false;
  const common = {
    id,
    placeholder: given.placeholder ?? null,
    maxlength: String(given.max_length ?? 4000),
    "aria-describedby": description ? `${help} ${wrong}` : wrong,
    "aria-required": String(needed),
  };
  const input = given.style === LONG ? el("textarea", { ...common, rows: "4" }) : el("input", { ...common, type: "text", autocomplete: "off" });
  input.value = given.value ?? "";
  const said = el("p.trouble", { id: wrong });
  const least = given.min_length ?? (needed ? 1 : 0);
  const fits = () => input.value.length >= least;
  fields.push({
    name: given.custom_id,
    input,
    fits,
    check() {
      input.setAttribute("aria-invalid", String(!fits()));
      said.textContent = fits() ? "" : least > 1 ? `At least ${least} characters.` : "This is needed.";
      return fits();
    },
  });
  return el(
    "div.field",
    {},
    el("label", { for: id }, label, needed && el("span.needed", { "aria-hidden": "true" }, " *")),
    description && el("p.subtext", { id: help }, description),
    input,
    said,
  );
}
