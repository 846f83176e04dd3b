// What the page knows. The server's news change it; whoever draws listens.

export const state = {
  person: "owner",
  me: null,
  bot: null,
  guild: "",
  channel: { id: null, name: "" },
  people: {},
  users: [],
  roles: [],
  names: {},
  commands: [],
  stage: null,
  connected: false,
};

const listeners = new Map();

/** Calls `listener` at each news of that name. */
export function on(name, listener) {
  listeners.set(name, [...(listeners.get(name) ?? []), listener]);
}

export function tell(name, data) {
  for (const listener of listeners.get(name) ?? []) listener(data);
}
