// The stream of news from the page's server; it connects again by itself.

import { state, tell } from "./state.js";

const KEPT = "sandbox-person";
let source = null;

/** Listens as that person from now on; the first news is everything that there is. */
export function listenAs(person) {
  source?.close();
  state.person = person;
  sessionStorage.setItem(KEPT, person);
  source = new EventSource(`/events?person=${encodeURIComponent(person)}`);
  const hear = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  hear("everything", (data) => {
    const { messages, commands, state: stage, ...rest } = data;
    Object.assign(state, rest, { commands, stage, connected: true });
    tell("everything", { messages });
    tell("stage", stage);
    tell("commands", commands);
    tell("connected", true);
  });
  hear("created", (data) => tell("created", data.message));
  hear("changed", (data) => tell("changed", data.message));
  hear("removed", (data) => tell("removed", data.id));
  hear("state", (data) => {
    state.stage = data;
    tell("stage", data);
  });
  hear("commands", (data) => {
    state.commands = data.commands;
    tell("commands", data.commands);
  });
  source.addEventListener("error", () => {
    state.connected = false;
    tell("connected", false);
  });
}

export const lastPerson = () => sessionStorage.getItem(KEPT) ?? "owner";
