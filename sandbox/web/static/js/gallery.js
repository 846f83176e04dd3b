// Pictures in Discord's grid; each opens the lightbox on its own album.

import { el, isOurs } from "./dom.js";
import { openLightbox } from "./lightbox.js";

/** `pictures`: `{url, name, alt, width, height, spoiler}`. */
export function gallery(pictures) {
  const shown = pictures.filter((one) => isOurs(one.url));
  const foreign = pictures.length - shown.length;
  const grid = el("div.gallery");
  grid.dataset.count = String(shown.length);
  shown.forEach((picture, place) => grid.append(shot(picture, place, shown)));
  return [
    shown.length > 0 && grid,
    foreign > 0 && el("p.subtext", {}, "A picture on another host is not loaded here."),
  ];
}

export const isFilm = (file) => /^video\//.test(file.content_type ?? "") && isOurs(file.url);

/** A video in the place of a picture; a spoiler is first a button. */
export function film(file) {
  const name = file.filename ?? file.name ?? file.url.split("/").at(-1);
  const player = el("video.film", { src: file.url, controls: true, preload: "metadata", "aria-label": `Video: ${file.description ?? name}` });
  if (!(file.spoiler ?? name.startsWith("SPOILER_"))) return player;
  const show = el("button.button.secondary", { type: "button" }, "Spoiler: show the video");
  show.addEventListener("click", () => show.replaceWith(player));
  return show;
}

export const isPicture = (file) => /^image\/(png|jpeg|webp|gif)$/.test(file.content_type ?? "") && isOurs(file.url);

/** An attachment as Discord lists it, as a picture for a gallery. */
export const pictureOf = (file) => ({
  url: file.url,
  name: file.filename,
  alt: file.description ?? "",
  width: file.width,
  height: file.height,
  spoiler: file.filename.startsWith("SPOILER_"),
});

export function shot(picture, place, album, kind = "button.shot") {
  const name = picture.name ?? picture.url.split("/").at(-1);
  const words = picture.alt ? `${picture.alt} (${name})` : name;
  const image = el("img", { src: picture.url, alt: "", loading: "lazy", draggable: "false" });
  const button = el(kind, { type: "button", "aria-label": `Open picture: ${words}` }, image);
  if (picture.width && picture.height) {
    image.width = picture.width;
    image.height = picture.height;
    button.style.setProperty("--ratio", `${picture.width} / ${picture.height}`);
  }
  if (picture.spoiler) cover(button, words);
  button.addEventListener("click", () => {
    if (button.classList.contains("covered")) {
      button.classList.remove("covered");
      button.setAttribute("aria-label", `Open picture: ${words}`);
    } else {
      openLightbox(album, place);
    }
  });
  return button;
}

function cover(button, words) {
  button.classList.add("covered");
  button.setAttribute("aria-label", `Spoiler, press to show: ${words}`);
}
