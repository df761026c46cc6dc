import { closeSync, fdatasyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { SegmentPiece } from '@sallyport/recording';
import type { Logger } from '../logger.js';
import { pageFile } from './page-file.js';
import { bootId, readPages } from './page-format.js';
import { segmentFile } from './segment-names.js';

const unreadable = `${pageFile}.unreadable`;

/**
 * Brings what a process that died had on its pages only into the segments that it belongs to, then deletes the pages. Doing
 * it twice, or after dying in the middle of it, changes nothing. Segments that were sealed have it already.
 *
 * @param boot of the kernel that runs now
 */
export function replayPages(directory: string, log: Logger, boot = bootId): void {
  const file = join(directory, pageFile);
  const content = contentOf(file);
  if (!content) return;
  try {
    for (const [name, pieces] of bySegment(content, boot())) {
      const path = join(directory, name);
      const segment = contentOf(path);
      if (segment) complete(path, segment, pieces, log);
    }
  } catch (error) {
    log.error({ error: (error as Error).message, kept: unreadable }, 'the pages of an earlier process cannot be read');
    return renameSync(file, join(directory, unreadable));
  }
  rmSync(file);
}

function bySegment(pages: Buffer, boot: string): Map<string, SegmentPiece[]> {
  const found = new Map<string, SegmentPiece[]>();
  for (const { sessionId, ...piece } of readPages(pages, boot)) {
    const name = segmentFile({ sessionId, index: piece.index, state: 'open' });
    const pieces = found.get(name);
    if (pieces) pieces.push(piece);
    else found.set(name, [piece]);
  }
  return found;
}

function complete(path: string, content: Buffer, pieces: SegmentPiece[], log: Logger): void {
  pieces.sort((a, b) => a.offset - b.offset);
  const missing: Buffer[] = [];
  let { length } = content;
  for (const { offset, bytes } of pieces) {
    if (offset + bytes.length <= length) continue;
    if (offset > length) {
      log.error({ path, offset, length }, 'a page does not follow its segment');
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
