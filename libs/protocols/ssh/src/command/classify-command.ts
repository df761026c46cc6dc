import { isCopyServer } from './copy-servers.js';
import { interpreters } from './interpreters.js';
import { programName } from './program-name.js';
import { computingBuiltins, pagers, runners, runnersByArgument } from './runners.js';

export interface CommandClass {
  /** What it reads may be code: its input belongs to the question whether it may run. */
  readonly interpreter: boolean;
  /** What it runs besides itself is said by its arguments, or by files that others may have written. */
  readonly runsOthers: boolean;
}

/** A word of a command; undefined where it is known only once it runs. */
export type KnownWord = string | undefined;

/**
 * What is known of a program by its name and words. A help against commands that carry others, not a proof that there are
 * no more of them: what must not run anything else is permitted by its exact words.
 */
export function classify(argv: readonly KnownWord[], setting: { readonly pty?: boolean } = {}): CommandClass {
  const [program, ...args] = argv;
  if (program === undefined || program === '') return anything;
  const name = programName(program);
  if (name === '') return anything;
  if (interpreters.has(name)) return anything;
  const always = runners.has(name) || isLoader(name) || (setting.pty === true && pagers.has(name));
  if (!always && !runsByArguments(name, args)) return nothing;
  const interpreter = startsShell(name, args) || (mentionsInterpreter(args) && !isCopyServer(name, args));
  return { interpreter, runsOthers: true };
}

const anything: CommandClass = { interpreter: true, runsOthers: true };
const nothing: CommandClass = { interpreter: false, runsOthers: false };

function runsByArguments(name: string, args: readonly KnownWord[]): boolean {
  const known = args.filter((arg) => arg !== undefined);
  if (computingBuiltins.has(name)) return known.some((arg) => /[$`]/.test(arg));
  const rule = runnersByArgument.get(name);
  return rule !== undefined && (known.length < args.length || rule(known));
}

/** The dynamic loader runs the file that it is given. */
function isLoader(name: string): boolean {
  return /^ld(?:-linux|-musl|64|\.so|-elf|\.bfd)/.test(name);
}

/** `sudo -i` and `sudo -s`; `env` and the like without a command print, or start a shell. */
function startsShell(name: string, args: readonly KnownWord[]): boolean {
  const opensShell = ['sudo', 'doas', 'pkexec', 'chroot', 'nsenter', 'unshare', 'systemd-nspawn', 'run0'].includes(
    name,
  );
  if (!opensShell) return ['eval', '.', 'source'].includes(name);
  return args.length === 0 || args.every((arg) => arg?.startsWith('-')) || args.some(isShellOption);
}

function isShellOption(arg: KnownWord): boolean {
  return arg === undefined || /^-[A-Za-z]*[si]/.test(arg) || /^--(?:shell|login)/.test(arg);
}

/** Somewhere in the words, also inside of one, as in `env -S 'bash -s'`. */
function mentionsInterpreter(args: readonly KnownWord[]): boolean {
  return args.some(
    (arg) => arg === undefined || arg.split(/[^\w.+/-]+/).some((part) => interpreters.has(programName(part))),
  );
}
