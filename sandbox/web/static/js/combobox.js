// A text field with a list of suggestions (ARIA's combobox): arrows, Enter, Tab, Esc, or a finger.

import { el, newId, replace } from "./dom.js";

/**
 * `source(text)` gives (a promise of) `{label, detail, title}` options, or null to show nothing;
 * `pick(option)` takes one. The list is put into `popup`.
 */
export function combobox(input, popup, { label, source, pick, onFocus = true }) {
  const list = el("ul.suggestions", { id: newId("list"), role: "listbox", "aria-label": label });
  let options = [];
  let active = -1;
  let asked = 0;
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
    autocomplete: "off",
    spellcheck: "false",
  })) input.setAttribute(name, value);

  const isOpen = () => list.isConnected;

  function close() {
    asked += 1;
    list.remove();
    popup.hidden = popup.childElementCount === 0;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(place) {
    active = place;
    [...list.children].forEach((entry, at) => entry.setAttribute("aria-selected", String(at === place)));
    const entry = list.children[place];
    if (entry?.id) {
      input.setAttribute("aria-activedescendant", entry.id);
      entry.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function draw() {
    replace(list, options.map((option, place) => {
      const entry = el("li.suggestion", { id: newId("option"), role: "option", "aria-selected": "false" },
        el("span.suggestion-label", {}, option.label), option.detail && el("span.suggestion-detail", {}, option.detail));
      entry.addEventListener("pointerdown", (event) => event.preventDefault());
      entry.addEventListener("click", () => take(place));
      return entry;
    }));
    if (!options.length) list.append(el("li.suggestion.none", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, "Nothing to suggest"));
    popup.replaceChildren(list);
    popup.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(options.length ? 0 : -1);
  }

  async function refresh() {
    const turn = (asked += 1);
    const found = await source(input.value);
    if (turn !== asked) return;
    if (found === null) return close();
    options = found;
    draw();
  }

  function take(place) {
    const option = options[place];
    close();
    pick(option);
  }

  input.addEventListener("input", refresh);
  if (onFocus) input.addEventListener("focus", refresh);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (!isOpen()) return;
    const count = options.length;
    if (event.key === "ArrowDown" && count) mark((active + 1) % count);
    else if (event.key === "ArrowUp" && count) mark((active - 1 + count) % count);
    else if ((event.key === "Enter" || event.key === "Tab") && active >= 0 && !event.shiftKey) take(active);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  return { close, refresh, isOpen };
}
