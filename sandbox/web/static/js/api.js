// What a person does, told to the page's server. Refusals are errors with a sentence to show.

import { state } from "./state.js";

export class Refused extends Error {}

async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refused("The sandbox can't be reached. Is the demo still running?");
  }
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text);
  let sentence = text;
  try {
    sentence = JSON.parse(text).error;
  } catch {
    // a plain sentence
  }
  throw new Refused(sentence);
}

/** `act`: slash, menu, suggest, press, select, submit, say, dismiss. */
export const act = (name, given) => post(`/do/${name}`, { person: state.person, given });

export const deed = (name) => post(`/desk/${name}`, {});
