import { classify, type CommandClass } from './classify-command.js';
import { commandsIn, type SeenWord } from './opaque-commands.js';
import { reservedWords } from './reserved-words.js';

/** Words behind which a command begins. */
const leading = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', '{', '}', 'fi', 'done', 'time']);
/** What these are set to decides about languages and names, not about what runs. */
const harmless =
  /^(?:LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLUMNS|LINES|DEBIAN_FRONTEND|(?![a-z_]*path[+=])[a-z_][a-z0-9_]*)\+?=/;
const assignment = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;

const anything: CommandClass = { interpreter: true, runsOthers: true };
const nothing: CommandClass = { interpreter: false, runsOthers: false };

/**
 * The same as `classify`, for a text of which not every word is known: what cannot be followed may run anything. Whoever may
 * run such texts at all may hide in them what they like; this keeps shells in plain sight from passing for commands.
 */
export function classifyText(text: string, setting: { readonly pty?: boolean } = {}): CommandClass {
  const commands = commandsIn(text);
  if (!commands) return anything;
  let all = nothing;
  for (const words of commands) {
    const one = classOf(words, setting);
    all = { interpreter: all.interpreter || one.interpreter, runsOthers: all.runsOthers || one.runsOthers };
  }
  return all;
}

function classOf(words: readonly SeenWord[], setting: { readonly pty?: boolean }): CommandClass {
  const rest = [...words];
  while (rest[0] && leading.has(rest[0].source)) rest.shift();
  // `for NAME in WORDS`: none of them is run here.
  if (rest[0]?.source === 'for') return nothing;
  let changes = false;
  for (; rest[0] && assignment.test(rest[0].source); rest.shift()) changes ||= !harmless.test(rest[0].source);
  const [name, ...args] = rest;
  if (!name) return changes ? anything : nothing;
  if (name.source === 'export') return args.every(({ source }) => harmless.test(source)) ? nothing : anything;
  if (name.source !== 'set' && reservedWords.has(name.source)) return anything;
  const found = classify(
    rest.map(({ value }) => value),
    setting,
  );
  return changes ? { ...found, runsOthers: true } : found;
}
