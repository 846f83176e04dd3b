// Elements are made here, and text is only ever text: no string becomes HTML anywhere on this page.

/** `el("p.note", {id: "x", onclick: f, "aria-label": "y"}, "words", child, …)`; null and false are left out. */
export function el(kind, given = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const node = document.createElement(tag);
  node.classList.add(...classes.filter(Boolean));
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, value);
  }
  put(node, ...children);
  return node;
}

/** Appends children; arrays are flattened, strings become text. */
export function put(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child);
  }
  return node;
}

export function replace(node, ...children) {
  node.replaceChildren();
  return put(node, ...children);
}

export const byId = (id) => document.getElementById(id);

let numbered = 0;
/** An id that no other element has. */
export const newId = (word) => `${word}-${(numbered += 1)}`;

/** A safe address to follow, or null: http and https only. */
export function followable(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** An attachment of the sandbox, served by this page's own server; nothing else is ever loaded. */
export const isOurs = (address) => typeof address === "string" && address.startsWith("/attachments/");

export const colour = (number) => `#${Number(number).toString(16).padStart(6, "0")}`;

export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}

/** Says something to a screen reader, once. */
export function announce(words) {
  const place = byId("announcer");
  place.append(el("p", {}, words));
  while (place.childElementCount > 5) place.firstElementChild.remove();
}
