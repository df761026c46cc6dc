/** Longer ones are not worth keeping. Bytes. */
const maxKept = 1024;
const none: Buffer = Buffer.alloc(0);

/** Keeps a copy of the last message of its kind: in a busy session the next one is nearly always the same. */
export class LastMessage {
  #kept = none;

  /** @returns the message at `start`..`end` of a chunk in memory of its own: the same object as long as it is the same message */
  keep(chunk: Buffer, start: number, end: number): Buffer {
    if (this.#isKept(chunk, start, end)) return this.#kept;
    const message = Buffer.from(chunk.subarray(start, end));
    this.#kept = message.length <= maxKept ? message : none;
    return message;
  }

  #isKept(chunk: Buffer, start: number, end: number): boolean {
    const kept = this.#kept;
    if (kept.length === 0 || kept.length !== end - start) return false;
    for (let at = 0; at < kept.length; at += 1) if (kept[at] !== chunk[start + at]) return false;
    return true;
  }
}
