// What a phone's lock screen shows of a message: the push and nothing but the push.

import { byId, el, replace } from "./dom.js";
import { avatar } from "./message.js";
import { on, state } from "./state.js";

const LINES = 3;

export function startLockscreen() {
  show(null);
  on("everything", ({ messages }) => show(messages.filter(buzzes).at(-1) ?? null));
  on("created", (message) => {
    if (!buzzes(message)) return;
    show(message);
    const strip = byId("lockscreen");
    strip.classList.remove("buzz");
    void strip.offsetWidth; // the animation begins anew
    strip.classList.add("buzz");
  });
}

/** Silent and ephemeral messages do not, nor does one's own command's answer, nor one's own words. */
const buzzes = (message) => message.push !== null && message.asked_by !== state.me && message.author.id !== state.me;

function show(message) {
  const strip = byId("lockscreen");
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (!message) {
    replace(strip, el("p.lock-label", {}, "Lock screen"), el("p.lock-empty", {}, "Nothing has buzzed yet."));
    return;
  }
  const lines = message.push.slice(0, LINES).map((words) => el("p.lock-line", {}, words));
  const none = el("p.lock-line.nothing", {}, "(A push has no words for a message without content or files.)");
  replace(
    strip,
    el("p.lock-label", {}, "Lock screen"),
    el("div.lock-card", {}, [
      el("p.lock-head", {}, avatar(message.author), el("strong", {}, state.names[message.author.id] ?? "Discord"), el("span", {}, `#${state.channel.name}`), el("time", {}, time.format(new Date(message.timestamp)))),
      lines.length ? lines : none,
    ]),
  );
}
