import type { CopyBudget } from './copy-budget.js';

/** A file is not shown; the message says why, to the person who asked for it. */
export class CopyRefusal extends Error {
  override readonly name = 'CopyRefusal';
}

const nothing = Buffer.alloc(0);
/** Of one answer; clients ask again for what is missing. Bytes. */
const maxAnswer = 64 << 10;

/** The masked text of one file, whole, from which its reader is answered. It holds its room until it is released. */
export class MaskedCopy {
  #parts: Buffer[] = [];
  #content: Buffer = nothing;
  #size = 0;

  constructor(private readonly budget: CopyBudget) {}

  /** @throws CopyRefusal when there is no room for it */
  add(bytes: Buffer): void {
    if (!this.budget.take(bytes.length))
      throw new CopyRefusal('too much is being masked at the moment, try again later');
    this.#size += bytes.length;
    this.#parts.push(bytes);
  }

  /** Nothing is added any more. */
  complete(): void {
    this.#content = Buffer.concat(this.#parts);
    this.#parts = [];
  }

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  /** What stands there, perhaps less of it than asked for; undefined behind the end. */
  read(offset: bigint, length: number): Buffer | undefined {
    if (offset >= this.#content.length || length === 0) return undefined;
    const start = Number(offset);
    return this.#content.subarray(start, start + Math.min(length, maxAnswer));
  }

  /** Idempotent. */
  release(): void {
    this.budget.giveBack(this.#size);
    this.#size = 0;
    this.#parts = [];
    this.#content = nothing;
  }
}
