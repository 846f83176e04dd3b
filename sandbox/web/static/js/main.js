// Puts the page together.

import { announce, byId, el, replace } from "./dom.js";
import { startChannel } from "./channel.js";
import { startComposer } from "./composer.js";
import { startDesk } from "./desk.js";
import { lastPerson, listenAs } from "./live.js";
import { startLockscreen } from "./lockscreen.js";
import { on, state } from "./state.js";
import { startTheme } from "./theme.js";
import { tick } from "./times.js";

const TICK_MS = 1000;

function startTabs() {
  const buttons = [...document.querySelectorAll(".tabs button")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      document.body.dataset.view = button.dataset.view;
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
    });
  }
}

function startWho() {
  const list = byId("who");
  list.addEventListener("change", () => {
    listenAs(list.value);
    announce(`You are ${list.value} now`);
  });
  on("everything", () => {
    const names = Object.keys(state.people);
    if (list.childElementCount !== names.length) replace(list, names.map((name) => el("option", { value: name }, name)));
    list.value = state.person;
  });
}

function startHead() {
  const note = byId("channel-note");
  const banner = byId("banner");
  const words = { online: "bot online", connecting: "bot connecting…", killed: "bot offline (killed)", ended: "bot offline (ended by itself)", none: "no bot" };
  const draw = () => {
    const bot = state.stage?.bot.state ?? "none";
    note.dataset.state = bot === "online" ? "on" : "off";
    note.textContent = `${state.guild} · ${words[bot]}`;
    const sentence = !state.connected
      ? "The sandbox can't be reached. Trying again…"
      : state.stage?.discord.here === false
        ? "Discord is away: no message comes or goes."
        : "";
    banner.hidden = !sentence;
    if (banner.textContent !== sentence) banner.textContent = sentence;
  };
  on("stage", draw);
  on("connected", draw);
}

startTheme();
startTabs();
startWho();
startHead();
startChannel();
startLockscreen();
startComposer();
startDesk();
setInterval(tick, TICK_MS);
listenAs(lastPerson());
