import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { readKeptPage, sessionIdOf, type SegmentPiece } from '@sallyport/recording';

/**
 * The file behind the pages:
 *
 *     file       = head page*
 *     head       = "SPPF" version:u8 zero:u8[3] boot:u8[36] zero*       4096 bytes
 *     page       = length:u32 checkpoint checkpoint sessionId:u8[16] content     `pageStride` bytes
 *     checkpoint = length:u32 crc32:u32                                          of sessionId and so much of the content
 *
 * `boot` is the kernel's boot id. The whole numbers of a page are in the machine's byte order, so that each is stored by one
 * instruction, before or after which a process may die. Content (libs/recording, kept-page.ts) is only ever added to. As
 * long as the kernel lives that had it written, `length` says how much of it counts. Later the disk may have any mixture of
 * older and newer blocks, and the longer checkpoint that is right says it: they take turns, and one is written while the
 * disk has the other.
 */
export const headBytes = 4096;
export const pageStride = 32 * 1024;
export const pageHeadBytes = 36;
export const contentBytes = pageStride - pageHeadBytes;
/** Where in a page's head, in units of four bytes. */
export const lengthWord = 0;
export const checkpointWords = [1, 3] as const;
export const sessionIdAt = 20;

const magic = 'SPPF';
const version = 1;
const bootAt = 8;

export interface PagePiece extends SegmentPiece {
  readonly sessionId: string;
}

/** Of this start of the kernel. Throws where there is none. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** @param boot as `bootId` */
export function encodeHead(boot: string): Buffer {
  const head = Buffer.alloc(headBytes);
  head.write(magic, 0, 'latin1');
  head[4] = version;
  head.write(boot, bootAt, 36, 'latin1');
  return head;
}

/** What a process that died had kept. @param file in memory of its own. @param boot the present one. Throws when another version wrote it. */
export function* readPages(file: Buffer, boot: string): Generator<PagePiece> {
  if (file.length < headBytes || file.toString('latin1', 0, 4) !== magic) return;
  if (file[4] !== version) throw new Error('pages of another version');
  const alive = file.toString('latin1', bootAt, bootAt + 36) === boot;
  for (let at = headBytes; at + pageStride <= file.length; at += pageStride) {
    const page = file.subarray(at, at + pageStride);
    const length = alive ? wordOf(page, lengthWord) : checkedLength(page);
    const end = pageHeadBytes + Math.min(length, contentBytes);
    const sessionId = sessionIdOf(page.subarray(sessionIdAt, pageHeadBytes));
    for (const piece of readKeptPage(page.subarray(pageHeadBytes, end))) yield { ...piece, sessionId };
  }
}

function checkedLength(page: Buffer): number {
  const lengths = checkpointWords.map((word) => {
    const length = wordOf(page, word);
    const right = length <= contentBytes && checksum(page, length) === wordOf(page, word + 1);
    return right ? length : 0;
  });
  return Math.max(...lengths);
}

function checksum(page: Buffer, length: number): number {
  return crc32(page.subarray(sessionIdAt, pageHeadBytes + length));
}

function wordOf(page: Buffer, word: number): number {
  return new Uint32Array(page.buffer, page.byteOffset, pageHeadBytes / 4)[word]!;
}
