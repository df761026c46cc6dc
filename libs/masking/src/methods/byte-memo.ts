const nothing = Buffer.alloc(0);

/** Entries that share a set: a value only ever displaces one of these. */
const ways = 4;

/** Longest entry: a length of the key, a length of the result, both one byte, then key and result. */
const maxEntryBytes = 128;
const headerBytes = 2;
/** For each entry that the index has room for; most are a little shorter. */
const usualEntryBytes = 64;
/**
 * Remembers the results of a function of bytes in bounded memory: newer values displace older ones, so no choice of values
 * makes it slower than not remembering. Looks values up where they lie, without making a string of them.
 *
 * Entries lie one after the other in the order in which they came, in a ring: what was once read together, such as the rows
 * of a table, is found together in the processor's cache. The index says by a value's hash where its entry is.
 */
export class ByteMemo {
  /** Where the last result found lies, until the next call. Must not be written to. */
  memory: Buffer = nothing;
  from = 0;
  /** Sets of four pairs: a hash, and one more than the position of its entry. Made when the first value comes. */
  #index: Int32Array | undefined;
  #ring: Buffer = nothing;
  /** Bytes ever written to the ring: the next entry's position. Its place is that modulo the ring's length. */
  #written = 0;
  /** Results are given out in these, by their length, so that none has to be made. */
  readonly #given: (Buffer | undefined)[];
  readonly #sets: number;
  readonly #maxKeyBytes: number;

  /**
   * @param setBits base-2 logarithm of the number of sets of four entries
   * @param resultBytes longest result of `compute`
   * @param maxPosition from here on positions begin anew, so that they stay small integers
   */
  constructor(
    setBits: number,
    resultBytes: number,
    private readonly compute: (value: Uint8Array) => Buffer,
    private readonly maxPosition = 2 ** 30,
  ) {
    this.#maxKeyBytes = maxEntryBytes - headerBytes - resultBytes;
    if (this.#maxKeyBytes < 1) throw new RangeError('results too long to be remembered');
    this.#given = new Array<Buffer | undefined>(resultBytes + 1).fill(undefined);
    this.#sets = 1 << setBits;
  }

  /** The result, as a copy that holds until the next call and must not be written to. */
  get(bytes: Uint8Array, start: number, end: number): Buffer {
    const length = this.find(bytes, start, end);
    const { memory, from } = this;
    const given = (this.#given[length] ??= Buffer.alloc(length));
    for (let offset = 0; offset < length; offset += 1) given[offset] = memory[from + offset]!;
    return given;
  }

  /** Points `memory` and `from` to the result; answers its length. */
  find(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > this.#maxKeyBytes) return this.#found(this.compute(bytes.subarray(start, end)));
    const hash = hashOf(bytes, start, end);
    const index = this.#index ?? this.#begin();
    const ring = this.#ring;
    const set = (hash & (this.#sets - 1)) * ways * 2;
    const oldest = this.#written - ring.length;
    for (let slot = set; slot < set + ways * 2; slot += 2) {
      if (index[slot] !== hash) continue;
      const position = index[slot + 1]! - 1;
      // A negative one was never written, one older than the ring is long has been written over.
      if (position < 0 || position < oldest) continue;
      const at = position & (ring.length - 1);
      if (!hasKey(ring, at, bytes, start, end)) continue;
      this.memory = ring;
      this.from = at + headerBytes + end - start;
      return ring[at + 1]!;
    }
    return this.#remember(index, hash, set, bytes.subarray(start, end));
  }

  #begin(): Int32Array {
    this.#ring = Buffer.alloc(Math.max(this.#sets * ways * usualEntryBytes, maxEntryBytes));
    return (this.#index = new Int32Array(this.#sets * ways * 2));
  }

  #remember(index: Int32Array, hash: number, set: number, key: Uint8Array): number {
    const result = this.compute(key);
    const ring = this.#ring;
    if (this.#written > this.maxPosition) {
      index.fill(0);
      this.#written = 0;
    }
    let at = this.#written & (ring.length - 1);
    const bytes = headerBytes + key.length + result.length;
    if (at + bytes > ring.length) {
      this.#written += ring.length - at;
      at = 0;
    }
    ring[at] = key.length;
    ring[at + 1] = result.length;
    ring.set(key, at + headerBytes);
    ring.set(result, at + headerBytes + key.length);
    let eldest = set;
    for (let slot = set + 2; slot < set + ways * 2; slot += 2) if (index[slot + 1]! < index[eldest + 1]!) eldest = slot;
    index[eldest] = hash;
    index[eldest + 1] = this.#written + 1;
    this.#written += bytes;
    return this.#found(result);
  }

  #found(result: Buffer): number {
    this.memory = result;
    this.from = 0;
    return result.length;
  }
}

/** Murmur's mixing of four bytes at a time, and its finish, so that every bit counts in the low ones. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = mixed(hash, word);
  }
  let rest = 0;
  for (; at < end; at += 1) rest = (rest << 8) | bytes[at]!;
  hash = mixed(hash, rest);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mixed(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const next = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
}

function hasKey(ring: Buffer, at: number, bytes: Uint8Array, start: number, end: number): boolean {
  if (ring[at] !== end - start) return false;
  const key = at + headerBytes - start;
  for (let offset = start; offset < end; offset += 1) if (ring[key + offset] !== bytes[offset]) return false;
  return true;
}
