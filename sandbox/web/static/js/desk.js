// The desk: one plays the InvokeAI box, takes things away, and sees that nothing is lost.

import { deed, Refused } from "./api.js";
import { announce, byId, el, replace } from "./dom.js";
import { on } from "./state.js";

const STATUSES = {
  pending: ["⏳", "waiting"],
  in_progress: ["▶️", "running"],
  waiting: ["⏳", "waiting"],
  completed: ["✅", "done"],
  failed: ["❌", "failed"],
  canceled: ["🚫", "canceled"],
};
const BOT = {
  online: "Online",
  connecting: "Connecting…",
  killed: "Killed. It hears nothing and does nothing.",
  ended: "Ended by itself. The terminal has its last words.",
  none: "There is no bot on this stage.",
};

const STANDBY = {
  ready: "Standing by",
  starting: "Starting…",
  leading: "Taking over…",
  none: "There is no standby. Start one, or the next kill is an outage.",
};

const toldOnce = (job) => job.told === 1;

export function startDesk() {
  const line = (id) => el("p.status", { id, role: "status" });
  const trouble = el("p.trouble", { role: "alert" });
  const run = (name, words) => async () => {
    trouble.textContent = "";
    try {
      await deed(name);
      announce(words);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      trouble.textContent = error.message;
    }
  };
  const button = (name, label, hint, kind = "secondary") =>
    el(`button.button.${kind}`, { type: "button", title: hint, onclick: run(name, `${label}: done`) }, label);
  const switches = {};
  const toggle = (key, away, back) => {
    const node = el("button.button.secondary", { type: "button" });
    node.addEventListener("click", () => run(...(node.dataset.here === "true" ? away : back))());
    switches[key] = (here) => {
      node.dataset.here = String(here);
      node.textContent = here ? away[1] : back[1];
      node.className = `button ${here ? "secondary" : "success"}`;
    };
    switches[key](true);
    return node;
  };
  const card = (title, ...rest) => el("section.card", { "aria-label": title }, el("h3", {}, title), ...rest);

  replace(
    byId("desk"),
    el("h2", {}, "The desk"),
    el("p.lead", {}, "You sit at the InvokeAI box. Queue something and watch the phone. Then break things: every job that ends is reported once, late if it must be."),
    trouble,
    card("InvokeAI", line("invokeai-status"), el("div.buttons", {}, [
      button("one", "Queue one", "One picture", "primary"),
      button("batch", "Batch of 4", "Four pictures of one prompt", "primary"),
      button("from-picture", "From a picture", "A picture that starts from the newest one: a style for “Use as input…”"),
      button("failing", "A failing job", "It runs out of graphics memory"),
      button("huge", "A huge image", "Its file is larger than Discord takes"),
      button("workflow", "A workflow", "Only its graph says how it was made"),
      button("canvas", "The canvas", "It only stages a picture: nothing is posted, unless the channel asks for it with canvas:True"),
      button("video", "A video", "Three seconds"),
      button("text", "A text", "A workflow that ends with words"),
      toggle("invokeai", ["invokeai-away", "Take InvokeAI away"], ["invokeai-back", "Bring InvokeAI back"]),
    ]), el("p.subtext", {}, "Unreachable, but still rendering.")),
    el("div.pair", {}, card("Discord", line("discord-status"), el("div.buttons", {}, toggle("discord", ["discord-away", "Take Discord away"], ["discord-back", "Bring Discord back"])), el("p.subtext", {}, "It refuses REST and gateway alike.")),
    card("The bot", line("bot-status"), el("div.buttons", { id: "bot-buttons" }, toggle("bot", ["bot-kill", "Kill the bot"], ["bot-start", "Start the bot"])), el("p.subtext", {}, "Stops the bot abruptly, as kill -9 does."))),
    standbyCard(card, line, button),
    secondCard(card, line, button, toggle),
    card("Nothing lost, nothing doubled", el("p.tally", { id: "tally", role: "status" }), el("ol.jobs", { id: "jobs", "aria-label": "The newest jobs" })),
  );
  on("stage", (stage) => draw(stage, switches));
}

// Two bots on one PostgreSQL; only where the demo was started with --standby.
function standbyCard(card, line, button) {
  const kill = button("leader-kill", "Kill the leader", "Stops it abruptly, as kill -9 does", "primary");
  const start = button("standby-start", "Start a standby", "A new process in place of the one that was killed");
  kill.id = "leader-kill";
  start.id = "standby-start";
  const node = card("A standby", line("standby-status"), el("div.buttons", {}, [kill, start]), el("p.subtext", { id: "take-over", role: "status" }));
  node.id = "standby";
  node.hidden = true;
  return node;
}

// Only where the demo was started with --two-servers.
function secondCard(card, line, button, toggle) {
  const node = card("A second InvokeAI", line("second-status"), el("div.buttons", {}, [
    button("second-one", "Queue one in the attic", "One picture", "primary"),
    button("second-failing", "One that fails in the attic", "It runs out of graphics memory"),
    toggle("second", ["second-away", "Take the attic away"], ["second-back", "Bring the attic back"]),
  ]), el("p.subtext", {}, "The bot calls it attic and the first one studio. Each has its own job numbers."));
  node.id = "second";
  node.hidden = true;
  return node;
}

function drawSecond(second, switches) {
  byId("second").hidden = !second;
  if (!second) return;
  const { queue, invokeai } = second;
  status("second-status", invokeai.here ? (invokeai.is_started ? "on" : "held") : "off", queueWords(queue, invokeai));
  switches.second(invokeai.here);
}

function drawStandby(standby) {
  byId("standby").hidden = !standby;
  if (!standby) return;
  const ready = standby.state === "ready";
  status("standby-status", ready ? "on" : standby.state === "none" ? "off" : "held", STANDBY[standby.state] + (ready ? ` · process ${standby.pid}` : ""));
  byId("leader-kill").disabled = !ready;
  byId("standby-start").disabled = standby.state !== "none";
  const words = standby.seconds === null ? "Kill the leader, and the standby goes on with its work." : `The standby led ${standby.seconds.toFixed(1)} s after the kill.`;
  if (byId("take-over").textContent !== words) byId("take-over").textContent = words;
}

function draw(stage, switches) {
  const { queue, invokeai, bot, discord } = stage;
  drawStandby(stage.standby);
  drawSecond(stage.second, switches);
  status("invokeai-status", invokeai.here ? (invokeai.is_started ? "on" : "held") : "off", queueWords(queue, invokeai));
  status("discord-status", discord.here ? "on" : "off", discord.here ? "Here" : "Away: it refuses every connection.");
  status("bot-status", bot.state === "online" ? "on" : bot.state === "connecting" ? "held" : "off", BOT[bot.state] + (bot.state === "online" && bot.pid ? ` · process ${bot.pid}` : ""));
  switches.invokeai(invokeai.here);
  switches.discord(discord.here);
  byId("bot-buttons").hidden = Boolean(stage.standby) && bot.state !== "killed" && bot.state !== "ended";
  switches.bot(bot.state === "online" || bot.state === "connecting");
  const late = stage.ended - stage.told - stage.doubled;
  const words = `${stage.ended} ended · ${stage.told} told once · ${late} not told yet · ${stage.doubled} told twice`;
  if (byId("tally").textContent !== words) byId("tally").textContent = words;
  replace(byId("jobs"), stage.jobs.length ? stage.jobs.map(job) : el("li.job", {}, "The queue has been empty so far."));
}

function queueWords(queue, invokeai) {
  const running = queue.running.length ? `drawing ${queue.running.map((number) => `#${number}`).join(", ")}` : "idle";
  const held = invokeai.is_started ? "" : " · paused";
  const words = `${running} · ${queue.pending} waiting${held}`;
  return invokeai.here ? words[0].toUpperCase() + words.slice(1) : `Away · ${words}`;
}

function status(id, kind, words) {
  const node = byId(id);
  node.dataset.state = kind;
  if (node.textContent !== words) node.textContent = words;
}

function job(one) {
  const [icon, words] = STATUSES[one.status];
  const ended = ["completed", "failed", "canceled"].includes(one.status);
  const told = !ended ? "" : toldOnce(one) ? "told once" : one.told ? `told ${one.told} times` : "not told yet";
  const kind = !ended ? "" : toldOnce(one) ? ".good" : one.told ? ".bad" : ".late";
  return el("li.job", {}, el("span", { "aria-hidden": "true" }, icon), el("strong", {}, `${one.server} #${one.number}`.trim()), el("span.job-status", {}, words), told && el(`span.told${kind}`, {}, told));
}
