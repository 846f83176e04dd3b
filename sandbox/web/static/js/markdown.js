// Discord's markdown: text in, a tree of plain objects out. Drawing it is render.js's business.

const DEPTH = 10;
const INLINE = [
  ["escape", /^\\[^a-zA-Z0-9\s]/],
  ["spoiler", /^\|\|([\s\S]+?)\|\|/],
  ["em", /^\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/],
  ["strong", /^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/],
  ["underline", /^__((?:\\[\s\S]|[^\\])+?)__(?!_)/],
  ["emWord", /^_((?:__|\\[\s\S]|[^\\_])+?)_(?!\w)/],
  ["strike", /^~~([\s\S]+?)~~(?!~)/],
  ["user", /^<@!?(\d+)>/],
  ["role", /^<@&(\d+)>/],
  ["channel", /^<#(\d+)>/],
  ["command", /^<\/([^:>\n]{1,100}):\d+>/],
  ["time", /^<t:(-?\d{1,13})(?::([tTdDfFR]))?>/],
  ["emoji", /^<a?(:\w{2,32}:)\d+>/],
  ["everyone", /^@(everyone|here)\b/],
  ["masked", /^\[((?:\\[\s\S]|[^\]\\\n])+)\]\(<?(https?:\/\/[^\s)>]+)>?(?:\s+"[^"\n]*")?\)/],
  ["angled", /^<(https?:\/\/[^\s<>]+)>/],
  ["link", /^https?:\/\/[^\s<]+[^\s<.,:;"'\])]/],
  ["break", /^\n/],
];
const PLAIN = /^[^\\`|*_~<@[\nh]+/;

/** Inline markdown: a list of `{kind, …}`; nested ones have `children`. */
export function inline(text, depth = 0, before = "") {
  const found = [];
  const plain = (words) => {
    const last = found.at(-1);
    if (last?.kind === "text") last.text += words;
    else found.push({ kind: "text", text: words });
  };
  let rest = text;
  let previous = before;
  while (rest) {
    const run = PLAIN.exec(rest);
    const [node, length] = run ? [null, run[0].length] : next(rest, depth, previous);
    if (node) found.push(node);
    else if (run) plain(run[0]);
    else plain(length > 1 ? rest.slice(1, length) : rest.slice(0, length));
    previous = rest[length - 1];
    rest = rest.slice(length);
  }
  return found;
}

/** The node at the start of `rest` and its length; no node: a text of that length, `\*` being an escape. */
function next(rest, depth, previous) {
  if (rest[0] === "`") return code(rest);
  for (const [kind, pattern] of INLINE) {
    const match = pattern.exec(rest);
    if (!match) continue;
    const whole = match[0].length;
    if (kind === "escape") return [null, whole];
    if (kind === "emWord" && /\w/.test(previous)) continue;
    if (["link", "everyone"].includes(kind) && /\w/.test(previous)) continue;
    if (depth >= DEPTH && ["spoiler", "strong", "underline", "em", "emWord", "strike", "masked"].includes(kind)) {
      continue;
    }
    return [read(kind, match, depth), whole];
  }
  return [null, 1];
}

/** From one run of backticks to the next one of the same length; without one they are plain. */
function code(rest) {
  const ticks = /^`+/.exec(rest)[0].length;
  for (const run of rest.slice(ticks).matchAll(/`+/g)) {
    if (run[0].length !== ticks || run.index === 0) continue;
    const text = rest.slice(ticks, ticks + run.index).replace(/^ (`[^]*`) $/, "$1");
    return [{ kind: "code", text }, ticks + run.index + ticks];
  }
  return [{ kind: "text", text: rest.slice(0, ticks) }, ticks];
}

function read(kind, match, depth) {
  const children = () => inline(match[1], depth + 1);
  switch (kind) {
    case "emWord": return { kind: "em", children: children() };
    case "spoiler": case "strong": case "underline": case "em": case "strike": return { kind, children: children() };
    case "masked": return { kind: "link", url: match[2], children: children() };
    case "angled": return { kind: "link", url: match[1], children: [{ kind: "text", text: match[1] }] };
    case "link": return { kind: "link", url: match[0], children: [{ kind: "text", text: match[0] }] };
    case "time": return { kind: "time", unix: match[1], style: match[2] ?? "f" };
    case "user": case "role": case "channel": return { kind: "mention", what: kind, id: match[1] };
    case "command": return { kind: "mention", what: "command", name: match[1] };
    case "everyone": return { kind: "mention", what: "everyone", name: match[1] };
    case "emoji": return { kind: "text", text: match[1] };
    case "break": return { kind: "break" };
  }
}

/** Blocks: code, heading, subtext, quote, list, paragraph. */
export function parse(text, depth = 0) {
  const blocks = [];
  const fence = /```(?:([\w+\-.#]{1,30})\n)?([\s\S]*?)```/g;
  let at = 0;
  for (const match of text.matchAll(fence)) {
    if (!match[2].trim()) continue;
    blocks.push(...lines(text.slice(at, match.index).replace(/\n$/, ""), depth));
    blocks.push({ kind: "block", language: match[1] ?? "", text: match[2].replace(/^\n+|\n+$/g, "") });
    at = match.index + match[0].length;
    if (text[at] === "\n") at += 1;
  }
  return [...blocks, ...lines(text.slice(at), depth)];
}

function lines(text, depth) {
  if (!text) return [];
  const blocks = [];
  const all = text.split("\n");
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) blocks.push({ kind: "paragraph", children: inline(paragraph.join("\n")) });
    paragraph = [];
  };
  for (let i = 0; i < all.length; i += 1) {
    const line = all[i];
    const heading = /^(#{1,3})\s+(.+)$/.exec(line);
    const subtext = /^-#\s+(.+)$/.exec(line);
    const quote = /^>(>>)? (.*)$/.exec(line);
    const item = /^( *)(?:[-*]|(\d{1,9})\.)\s+(.+)$/.exec(line);
    if (heading) {
      flush();
      blocks.push({ kind: "heading", level: heading[1].length, children: inline(heading[2]) });
    } else if (subtext) {
      flush();
      blocks.push({ kind: "subtext", children: inline(subtext[1]) });
    } else if (quote && depth < DEPTH) {
      flush();
      const quoted = [quote[2]];
      while (i + 1 < all.length && (quote[1] || /^> /.test(all[i + 1]))) {
        i += 1;
        quoted.push(quote[1] ? all[i] : all[i].slice(2));
      }
      blocks.push({ kind: "quote", children: parse(quoted.join("\n"), DEPTH) });
    } else if (item) {
      flush();
      const ordered = Boolean(item[2]);
      const last = blocks.at(-1);
      const goesOn = last?.kind === "list" && (last.ordered === ordered || item[1]);
      const list = goesOn ? last : { kind: "list", ordered, start: Number(item[2] ?? 1), items: [] };
      list.items.push({ level: Math.min(Math.floor(item[1].length / 2), 5), children: inline(item[3]) });
      if (!goesOn) blocks.push(list);
    } else {
      paragraph.push(line);
    }
  }
  flush();
  return blocks;
}
