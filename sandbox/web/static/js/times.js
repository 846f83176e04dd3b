// Times as Discord writes them, and relative ones that stay true.

import { el } from "./dom.js";

const LANGUAGE = "en-GB";
const format = (options) => new Intl.DateTimeFormat(LANGUAGE, options);
const STYLES = {
  t: format({ hour: "2-digit", minute: "2-digit" }),
  T: format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  d: format({ day: "2-digit", month: "2-digit", year: "numeric" }),
  D: format({ day: "numeric", month: "long", year: "numeric" }),
  f: format({ day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" }),
  F: format({ weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" }),
};
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function relative(date) {
  const seconds = Math.round((date - Date.now()) / 1000);
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

/** A `<time>` for `<t:unix:style>`; R is kept current by `tick`. */
export function timestamp(unix, style = "f") {
  const date = new Date(Number(unix) * 1000);
  if (Number.isNaN(date.valueOf())) return document.createTextNode("Invalid Date");
  const node = el("time.stamp", { datetime: date.toISOString(), title: STYLES.F.format(date) });
  node.dataset.style = style in STYLES || style === "R" ? style : "f";
  node.textContent = node.dataset.style === "R" ? relative(date) : STYLES[node.dataset.style].format(date);
  return node;
}

/** The time beside an author: the hour today, the date else. */
export function clock(iso) {
  const date = new Date(iso);
  const today = date.toDateString() === new Date().toDateString();
  const words = today ? STYLES.t.format(date) : `${STYLES.d.format(date)}, ${STYLES.t.format(date)}`;
  return el("time", { datetime: iso, title: STYLES.F.format(date) }, words);
}

export const dayAndHour = (iso) => STYLES.f.format(new Date(iso));

/** Brings every relative time up to date. */
export function tick() {
  for (const node of document.querySelectorAll('time[data-style="R"]')) {
    const words = relative(new Date(node.dateTime));
    if (node.textContent !== words) node.textContent = words;
  }
}
