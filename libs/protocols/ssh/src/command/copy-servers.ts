import { hasLong } from './argument-rules.js';
import type { KnownWord } from './classify-command.js';

const scpOptions = /^-[dfpqrtv]+$/;
/** Of rsync: what names a program, or a file that does. */
const rsyncPrograms = hasLong('rsh', 'rsync-path', 'daemon', 'config', 'dparam');

/**
 * The far end of a copy, as `scp -O` and rsync start it: it reads a protocol of its own, never code, and starts nothing.
 * The words at its end are names of files, and a file may be named like an interpreter.
 */
export function isCopyServer(name: string, args: readonly KnownWord[]): boolean {
  if (name === 'scp') return isScp(args);
  return name === 'rsync' && args[0] === '--server' && isRsync(args);
}

/** `-t` takes files, `-f` gives them; options before that name nothing, and none may follow. */
function isScp(args: readonly KnownWord[]): boolean {
  const first = args.findIndex((arg) => arg === undefined || !scpOptions.test(arg));
  const options = first < 0 ? args : args.slice(0, first);
  const files = args.slice(options.length);
  return options.some((option) => /[ft]/.test(option!)) && (files[0] === '--' || files.every(isNoOption));
}

/** Options, a dot in the place of a folder, and the files. */
function isRsync(args: readonly KnownWord[]): boolean {
  const dot = args.indexOf('.');
  const options = args.slice(0, dot).filter((arg) => arg !== undefined);
  return dot > 0 && options.length === dot && !rsyncPrograms(options) && args.slice(dot).every(isNoOption);
}

/** A pattern that is not known before it runs can only become a file's name or another option that starts nothing. */
function isNoOption(arg: KnownWord): boolean {
  return arg === undefined || !arg.startsWith('-');
}
