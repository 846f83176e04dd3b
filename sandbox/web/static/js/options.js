// The fields of a command that is being filled in.

import { act, Refused } from "./api.js";
import { combobox } from "./combobox.js";
import { choicesOf, valueOf } from "./commands.js";
import { el, newId } from "./dom.js";
import { contents } from "./modal.js";

const ATTACHMENT = 11;

/** One option's field. `others()` gives the options filled in so far as `[name, value]`. */
export function optionField(words, option, popup, { others, remove }) {
  if (option.type === ATTACHMENT) return fileField(option, remove);
  const id = newId("option-field");
  const input = el("input", { id, type: "text", "aria-required": String(Boolean(option.required)), size: "8", title: option.description });
  const box = el("span.option", {}, el("label", { for: id }, option.name), input);
  if (!option.required) {
    box.append(el("button.option-remove", { type: "button", "aria-label": `Leave ${option.name} out`, onclick: remove }, "✕"));
  }
  const choices = choicesOf(option);
  let chosen = null;
  const fit = () => (input.size = Math.min(Math.max(input.value.length + 1, 8), 28));
  const pick = (one) => {
    chosen = one;
    input.value = one.label;
    fit();
  };
  input.addEventListener("input", () => {
    chosen = null;
    fit();
  });
  const source = choices ? (text) => narrowed(choices, chosen ? "" : text) : option.autocomplete ? (text) => suggested(words, option, text, others) : null;
  if (source) combobox(input, popup, { label: `${option.name}: ${option.description}`, source, pick });
  return {
    option,
    box,
    input,
    filled: () => input.value.trim() !== "",
    /** Throws RangeError with a sentence. */
    value() {
      if (chosen) return chosen.value;
      if (choices) {
        const typed = input.value.trim().toLowerCase();
        const match = choices.find((one) => one.label.toLowerCase() === typed || `${one.value}`.toLowerCase() === typed);
        if (!match) throw new RangeError(`${option.name} takes one of: ${choices.map((one) => one.label).join(", ")}.`);
        return match.value;
      }
      return valueOf(option, input.value);
    },
  };
}

/** A file is read as soon as it is chosen. */
function fileField(option, remove) {
  const id = newId("option-field");
  const input = el("input", { id, type: "file", accept: "image/*", title: option.description, "aria-required": String(Boolean(option.required)) });
  const box = el("span.option", {}, el("label", { for: id }, option.name), input);
  if (!option.required) {
    box.append(el("button.option-remove", { type: "button", "aria-label": `Leave ${option.name} out`, onclick: remove }, "✕"));
  }
  let file = null;
  input.addEventListener("change", async () => {
    file = null;
    file = await contents(input.files[0]);
  });
  return { option, box, input, filled: () => input.files.length > 0, value: () => fileOf(option, file) };
}

/** Throws RangeError with a sentence. */
function fileOf(option, file) {
  if (!file) throw new RangeError(`${option.name} is still being read. Send again.`);
  return file;
}

function narrowed(choices, text) {
  const wanted = text.trim().toLowerCase();
  return choices.filter((one) => one.label.toLowerCase().includes(wanted)).slice(0, 25);
}

async function suggested(words, option, text, others) {
  try {
    const given = others(option.name).filter(([, value]) => typeof value !== "object");
    const { choices } = await act("suggest", { words, options: [...given, [option.name, text]] });
    return choices.map((one) => ({ label: one.name, value: one.value }));
  } catch (error) {
    if (error instanceof Refused) return [];
    throw error;
  }
}
