// The registered commands as a person types them: one line for each sub-command.

import { state } from "./state.js";

const SUB = [1, 2];
const MESSAGE = 3;

/** The names of the commands that stand in the menu of a message. */
export const ofMessages = () => state.commands.filter((one) => one.type === MESSAGE).map((one) => one.name);

/** `{words, description, options}` of everything that can be typed, by name. */
export function typeable(commands) {
  const found = [];
  const walk = (words, given) => {
    const options = given.options ?? [];
    const subs = options.filter((one) => SUB.includes(one.type));
    if (subs.length) subs.forEach((sub) => walk(`${words} ${sub.name}`, sub));
    else found.push({ words, description: given.description, options });
  };
  for (const command of commands.filter((one) => one.type !== MESSAGE)) walk(command.name, command);
  return found;
}

/** Those that fit what was typed after the slash; the ones that begin so come first. */
export function fitting(text) {
  const wanted = text.slice(1).trim().toLowerCase();
  const all = typeable(state.commands);
  const begins = all.filter((one) => one.words.startsWith(wanted));
  const holds = all.filter((one) => !one.words.startsWith(wanted) && one.words.includes(wanted));
  return [...begins, ...holds];
}

/** What can be chosen for an option, or null where it is typed freely. */
export function choicesOf(option) {
  const named = (sign) => (one) => ({ label: sign + one.name, value: one.id });
  const users = () => state.users.map(named("@"));
  const roles = () => state.roles.map(named("@"));
  switch (option.type) {
    case 5: return [{ label: "True", value: true }, { label: "False", value: false }];
    case 6: return users();
    case 7: return [{ label: `#${state.channel.name}`, value: state.channel.id }];
    case 8: return roles();
    case 9: return [...users(), ...roles()];
    default: return option.choices?.length ? option.choices.map((one) => ({ label: one.name, value: one.value })) : null;
  }
}

const NUMBERS = [4, 10];

/** The value of free text: a number where one is wanted. Throws RangeError with a sentence. */
export function valueOf(option, text) {
  if (!NUMBERS.includes(option.type)) return text;
  const number = Number(text.trim());
  if (!text.trim() || !Number.isFinite(number) || (option.type === 4 && !Number.isInteger(number))) {
    throw new RangeError(`${option.name} takes a ${option.type === 4 ? "whole number" : "number"}.`);
  }
  return number;
}
