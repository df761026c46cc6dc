import path from 'node:path/posix';
import type { TargetFiles } from './target-files.js';

/** Where a request really goes. */
export interface PlacedPath {
  /** Absolute, without links, `.` and `..`, as far as the target knows it. */
  readonly path: string;
  /** False: nothing can be there, since a folder on the way is not. */
  readonly reachable: boolean;
}

/**
 * Asks the target what a path means before anybody judges it: only the target knows its links, and `a/link/..` is not
 * `a`. What is judged is also what is asked for, so a link that is put there meanwhile changes nothing but its last step.
 * @param follows whether a link at the end counts as what it points to
 */
export async function placePath(files: TargetFiles, home: string, text: string, follows: boolean): Promise<PlacedPath> {
  const whole = text === '' ? '.' : text;
  const name = path.basename(whole);
  const aboutName = !follows && !/\/\.*$|^\.{1,2}$/.test(whole) && name !== '' && name !== '.' && name !== '..';
  if (!aboutName) {
    const real = await absolute(files, whole);
    if (real !== undefined) return { path: real, reachable: true };
  }
  const folder = await absolute(files, path.dirname(whole));
  const isName = name !== '' && name !== '.' && name !== '..';
  if (folder !== undefined && isName) {
    const placed = path.join(folder, name);
    // A server that resolves only what exists: then nothing may be there, a link that leads nowhere least of all.
    if (aboutName || (await files.isAbsent(placed))) return { path: placed, reachable: true };
  }
  return { path: path.resolve(home, whole), reachable: false };
}

async function absolute(files: TargetFiles, text: string): Promise<string | undefined> {
  const real = await files.realpath(text);
  if (real === undefined || !real.startsWith('/') || real.includes('\0')) return undefined;
  // A server that only joins texts leaves these in, and then its word is worth nothing.
  return path.normalize(real) === real || path.normalize(real) === `${real}/` ? real : undefined;
}
