import { readString } from './codec.js';

/** Longer ones are not worth remembering. Bytes. */
const maxKept = 128;
const none: Buffer = Buffer.alloc(0);

/** Reads CommandComplete. Remembers the last tag: in a busy session it is nearly always the same. */
export class CommandTag {
  #message: Buffer = none;
  #tag = '';

  /** @param bytes a chunk with the whole message at `start`..`end` */
  read(bytes: Buffer, start: number, end: number): string {
    if (this.#isLast(bytes, start, end)) return this.#tag;
    const message = bytes.subarray(start, end);
    const tag = readString(message);
    this.#message = message.length <= maxKept ? Buffer.from(message) : none;
    this.#tag = tag;
    return tag;
  }

  #isLast(bytes: Buffer, start: number, end: number): boolean {
    const last = this.#message;
    if (last.length !== end - start) return false;
    for (let at = 0; at < last.length; at += 1) if (last[at] !== bytes[start + at]) return false;
    return true;
  }
}
