// Where one types: words, or a command with its options.

import { act, Refused } from "./api.js";
import { failure, thinking } from "./channel.js";
import { combobox } from "./combobox.js";
import { fitting } from "./commands.js";
import { announce, byId, el, replace } from "./dom.js";
import { openModal } from "./modal.js";
import { optionField } from "./options.js";
import { on, state } from "./state.js";

const LONGEST = "2000";

export function startComposer() {
  const popup = el("div.popup", { hidden: true });
  const input = el("input.words", { type: "text", maxlength: LONGEST, enterkeyhint: "send" });
  const trouble = el("p.trouble", { role: "alert" });
  const form = el("form.typing", { "aria-label": "Write" }, input, sendButton());
  replace(byId("composer"), popup, trouble, form);

  const plain = () => {
    popup.replaceChildren();
    popup.hidden = true;
    trouble.textContent = "";
    replace(form, input, sendButton());
    input.value = "";
    form.onsubmit = async (event) => {
      event.preventDefault();
      const words = input.value.trim();
      if (!words) return;
      input.value = "";
      await carryOut(() => act("say", { content: words }));
    };
  };

  const begin = (command) => {
    announce(`/${command.words}: ${command.description}`);
    fill(form, popup, trouble, command, () => {
      plain();
      input.focus();
    });
  };

  const picker = combobox(input, popup, {
    label: "Commands",
    onFocus: false,
    source: (text) => {
      if (!text.startsWith("/")) return null;
      const found = fitting(text);
      return found.length ? found.map((one) => ({ ...one, label: `/${one.words}`, detail: one.description })) : null;
    },
    pick: begin,
  });
  plain();
  on("commands", () => {
    if (document.activeElement === input && input.value.startsWith("/")) picker.refresh();
  });
  on("everything", () => {
    const name = `Message #${state.channel.name}`;
    input.setAttribute("aria-label", `${name}; type / for commands`);
    input.placeholder = `${name}, or type /`;
  });
}

const sendButton = () => el("button.send", { type: "submit", "aria-label": "Send" }, "➤");

/** The form becomes the command's. `done` gives the plain field back. */
function fill(form, popup, trouble, command, done) {
  const fields = new Map();
  const slots = el("span.options");
  const more = el("span.more");
  const others = (name) => {
    const given = [];
    for (const field of fields.values()) {
      if (field.option.name !== name && field.filled()) given.push([field.option.name, field.value()]);
    }
    return given;
  };
  const add = (option) => {
    const field = optionField(command.words, option, popup, {
      others,
      remove: () => {
        fields.delete(option.name);
        field.box.remove();
        drawMore();
        more.querySelector("button")?.focus();
      },
    });
    fields.set(option.name, field);
    slots.append(field.box);
    drawMore();
    return field;
  };
  const drawMore = () => {
    const left = command.options.filter((one) => !fields.has(one.name));
    replace(more, left.map((option) => el("button.more-option", {
      type: "button",
      title: option.description,
      "aria-label": `Add ${option.name}: ${option.description}`,
      onclick: () => add(option).input.focus(),
    }, `+ ${option.name}`)));
  };
  for (const option of command.options.filter((one) => one.required)) add(option);
  drawMore();
  const send = sendButton();
  const cancel = el("button.icon-button", { type: "button", "aria-label": "Cancel the command", onclick: done }, "✕");
  const group = el("div.command", { role: "group", "aria-label": `/${command.words}` }, el("span.command-name", { title: command.description }, `/${command.words}`), slots, more);
  replace(form, group, cancel, send);
  form.onkeydown = (event) => {
    if (event.key === "Escape") done();
    if (event.key === "Backspace" && (event.target.value ?? "") === "" && event.target.tagName === "INPUT") {
      event.preventDefault();
      done();
    }
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const missing = [...fields.values()].find((field) => field.option.required && !field.filled());
    if (missing) {
      trouble.textContent = `${missing.option.name} is needed: ${missing.option.description}`;
      missing.input.focus();
      return;
    }
    let options;
    try {
      options = others(null);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      trouble.textContent = error.message;
      return;
    }
    form.onkeydown = null;
    done();
    await slash(command.words, options);
  };
  (fields.values().next().value?.input ?? send).focus();
}

async function slash(words, options) {
  const stop = thinking(words);
  await carryOut(() => act("slash", { words, options }));
  stop();
}

async function carryOut(work) {
  try {
    const came = await work();
    if (came.modal) openModal(came.modal, came.form);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    failure(error.message);
  }
}
