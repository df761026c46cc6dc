import { crc32 } from 'node:zlib';
import { sessionIdOf } from '@sallyport/recording';

/**
 * A journal is batches one after another:
 *
 *     batch = "SPRJ" length:u32 crc32:u32 piece*        length of the pieces; the checksum covers them
 *     piece = sessionId:u8[16] index:u32 offset:u32 length:u32 bytes:u8[length]
 *
 * Integers are big-endian. A piece is what belongs at `offset` of the segment `index` of a session's recording: putting it
 * there twice changes nothing.
 */
export interface JournalPiece {
  readonly sessionId: string;
  readonly index: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

const magic = 0x5350_524a;
export const batchHeaderBytes = 12;
const pieceHeaderBytes = 28;

/** One batch in the making, in memory of its own. */
export class JournalBatch {
  readonly #memory: Buffer;
  #length = batchHeaderBytes;

  constructor(bytes: number) {
    this.#memory = Buffer.allocUnsafeSlow(bytes);
  }

  /** False: it does not fit any more, and nothing was added. */
  add(id: Uint8Array, index: number, offset: number, bytes: Uint8Array): boolean {
    const memory = this.#memory;
    const at = this.#length;
    const end = at + pieceHeaderBytes + bytes.length;
    if (end > memory.length) return false;
    memory.set(id, at);
    memory.writeUInt32BE(index, at + 16);
    memory.writeUInt32BE(offset, at + 20);
    memory.writeUInt32BE(bytes.length, at + 24);
    memory.set(bytes, at + pieceHeaderBytes);
    this.#length = end;
    return true;
  }

  /** The batch as it is written, valid until the next `add`; then a new one begins. */
  finish(): Buffer {
    const memory = this.#memory;
    const end = this.#length;
    this.#length = batchHeaderBytes;
    memory.writeUInt32BE(magic, 0);
    memory.writeUInt32BE(end - batchHeaderBytes, 4);
    memory.writeUInt32BE(crc32(memory.subarray(batchHeaderBytes, end)), 8);
    return memory.subarray(0, end);
  }
}

/** The pieces of all whole batches: a process may have died within the last one. */
export function* readJournal(bytes: Buffer): Generator<JournalPiece> {
  for (let at = 0; bytes.length - at >= batchHeaderBytes;) {
    const start = at + batchHeaderBytes;
    const end = start + bytes.readUInt32BE(at + 4);
    if (bytes.readUInt32BE(at) !== magic || end > bytes.length) return;
    if (crc32(bytes.subarray(start, end)) !== bytes.readUInt32BE(at + 8)) return;
    yield* piecesOf(bytes.subarray(start, end));
    at = end;
  }
}

function* piecesOf(batch: Buffer): Generator<JournalPiece> {
  for (let at = 0; batch.length - at >= pieceHeaderBytes;) {
    const start = at + pieceHeaderBytes;
    const end = start + batch.readUInt32BE(at + 24);
    if (end > batch.length) return;
    yield {
      sessionId: sessionIdOf(batch.subarray(at, at + 16)),
      index: batch.readUInt32BE(at + 16),
      offset: batch.readUInt32BE(at + 20),
      bytes: batch.subarray(start, end),
    };
    at = end;
  }
}
