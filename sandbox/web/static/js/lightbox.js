// One picture large; arrows go through its album, Esc closes. The dialog keeps the focus inside.

import { announce, el } from "./dom.js";

/** Opens picture number `place` of `album` (see gallery.js). */
export function openLightbox(album, place) {
  const image = el("img.lightbox-picture");
  const caption = el("p.lightbox-caption");
  const original = el("a.lightbox-link", { target: "_blank", rel: "noopener" }, "Open original");
  const save = el("a.lightbox-link", { download: "" }, "Save");
  const close = el("button.icon-button", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, "✕");
  const step = (by) => {
    place = (place + by + album.length) % album.length;
    draw();
  };
  const arrow = (by, sign, label) =>
    album.length > 1 && el(`button.icon-button.lightbox-arrow`, { type: "button", "aria-label": label, onclick: () => step(by) }, sign);
  const dialog = el(
    "dialog.lightbox",
    { "aria-label": "Picture" },
    el("div.lightbox-bar", {}, caption, original, save, close),
    el("div.lightbox-stage", {}, arrow(-1, "‹", "Previous picture"), image, arrow(1, "›", "Next picture")),
  );
  const draw = () => {
    const picture = album[place];
    const name = picture.name ?? picture.url.split("/").at(-1);
    image.src = picture.url;
    image.alt = picture.alt || name;
    const words = album.length > 1 ? `${name} · ${place + 1} of ${album.length}` : name;
    caption.textContent = words;
    original.href = picture.url;
    save.href = `${picture.url}?download`;
    announce(words);
  };
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "ArrowRight") step(1);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.classList.contains("lightbox-stage")) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  draw();
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}
