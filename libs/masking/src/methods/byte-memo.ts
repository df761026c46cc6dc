/** Entries that share a set: a value only ever displaces one of these. */
const ways = 4;

/**
 * Remembers the results of a function of bytes, in a fixed number of entries: newer values displace older ones, so memory is
 * bounded and no choice of values makes it slower than not remembering. Looks values up where they lie, without making a
 * string of them.
 */
export class ByteMemo {
  readonly #hashes: Int32Array;
  readonly #keys: (Uint8Array | undefined)[];
  readonly #values: (Buffer | undefined)[];
  readonly #lastSet: number;
  /** The way that the next newcomer takes, whatever its set. */
  #turn = 0;

  /**
   * @param setBits base-2 logarithm of the number of sets of four entries
   * @param maxKeyBytes longer values are not remembered
   */
  constructor(
    setBits: number,
    private readonly maxKeyBytes: number,
    private readonly compute: (value: Uint8Array) => Buffer,
  ) {
    const entries = ways << setBits;
    this.#hashes = new Int32Array(entries);
    this.#keys = new Array<Uint8Array | undefined>(entries).fill(undefined);
    this.#values = new Array<Buffer | undefined>(entries).fill(undefined);
    this.#lastSet = (1 << setBits) - 1;
  }

  get(bytes: Uint8Array, start: number, end: number): Buffer {
    if (end - start > this.maxKeyBytes) return this.compute(bytes.subarray(start, end));
    const hash = hashOf(bytes, start, end);
    const first = (hash & this.#lastSet) * ways;
    for (let entry = first; entry < first + ways; entry += 1) {
      if (this.#hashes[entry] !== hash) continue;
      const key = this.#keys[entry];
      if (key !== undefined && equals(key, bytes, start, end)) return this.#values[entry]!;
    }
    return this.#remember(hash, first, bytes.subarray(start, end));
  }

  #remember(hash: number, first: number, bytes: Uint8Array): Buffer {
    // A copy: the caller's bytes live in a network buffer.
    const key = Buffer.allocUnsafe(bytes.length);
    key.set(bytes);
    const value = this.compute(key);
    const entry = first + this.#turn;
    this.#turn = (this.#turn + 1) % ways;
    this.#hashes[entry] = hash;
    this.#keys[entry] = key;
    this.#values[entry] = value;
    return value;
  }
}

/** FNV-1a, with the finish of MurmurHash3 so that every bit counts in the low ones. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function equals(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let at = 0; at < key.length; at += 1) if (key[at] !== bytes[start + at]) return false;
  return true;
}
