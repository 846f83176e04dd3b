// The menu of a message: the commands that bots put there.

import { act, Refused } from "./api.js";
import { ofMessages } from "./commands.js";
import { el, newId } from "./dom.js";
import { openModal } from "./modal.js";

/** Opens it; `failed` is told a sentence when the bot does not answer. */
export function openApps(message, failed) {
  const title = newId("apps");
  const pick = (name) => async () => {
    dialog.close();
    try {
      const came = await act("menu", { message: message.id, name });
      if (came.modal) openModal(came.modal, came.form);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      failed(`This interaction failed. ${error.message}`);
    }
  };
  const names = ofMessages();
  const rows = names.map((name) => el("button.button.secondary", { type: "button", onclick: pick(name) }, name));
  const none = names.length === 0 && el("p.subtext", {}, "There is nothing here for you.");
  const close = el("button.icon-button", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, "✕");
  const dialog = el(
    "dialog.modal",
    { "aria-labelledby": title },
    el("div.modal-form", {}, el("div.modal-head", {}, el("h2", { id: title }, "Apps"), close), rows, none),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
