import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../logger.js';
import { journalFiles } from './journal.js';
import { readJournal, type JournalPiece } from './journal-format.js';
import { segmentFile } from './segment-names.js';

/**
 * Brings what a process that died had kept in its journal only into the segments that it belongs to, then deletes the
 * journal. Doing it twice, or after dying in the middle of it, changes nothing. Segments that were sealed have it already.
 */
export function replayJournal(directory: string, log: Logger): void {
  const bySegment = new Map<string, JournalPiece[]>();
  for (const name of journalFiles) {
    for (const piece of readJournal(contentOf(join(directory, name)) ?? Buffer.alloc(0))) {
      const file = segmentFile({ sessionId: piece.sessionId, index: piece.index, state: 'open' });
      const pieces = bySegment.get(file);
      if (pieces) pieces.push(piece);
      else bySegment.set(file, [piece]);
    }
  }
  for (const [file, pieces] of bySegment) {
    const path = join(directory, file);
    const content = contentOf(path);
    if (content) complete(path, content, pieces, log);
  }
  for (const name of journalFiles) rmSync(join(directory, name), { force: true });
}

function complete(path: string, content: Buffer, pieces: JournalPiece[], log: Logger): void {
  pieces.sort((a, b) => a.offset - b.offset);
  const missing: Buffer[] = [];
  let { length } = content;
  for (const { offset, bytes } of pieces) {
    if (offset + bytes.length <= length) continue;
    if (offset > length) {
      log.error({ path, offset, length }, 'the journal does not follow its segment');
      break;
    }
    missing.push(bytes.subarray(length - offset));
    length = offset + bytes.length;
  }
  if (missing.length === 0) return;
  const file = openSync(path, 'r+');
  try {
    const tail = Buffer.concat(missing);
    for (let at = 0; at < tail.length;) at += writeSync(file, tail, at, tail.length - at, content.length + at);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Undefined when there is no such file. */
function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
