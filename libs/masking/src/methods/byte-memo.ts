/** Entries that share a set: a value only ever displaces one of these. */
const ways = 4;

/**
 * One entry's memory: a length of the key, a length of the result, both one byte, then key and result. With a short key that
 * is one line of the processor's cache, and reaching it is what a lookup costs once there are many entries.
 */
const entryBytes = 128;
const headerBytes = 2;

/**
 * Remembers the results of a function of bytes, in a fixed number of entries: newer values displace older ones, so memory is
 * bounded and no choice of values makes it slower than not remembering. Looks values up where they lie, without making a
 * string of them.
 */
export class ByteMemo {
  readonly #hashes: Int32Array;
  /** Nothing is here until the first value comes: a method that nobody uses costs no memory. */
  #entries: Buffer | undefined;
  /** Results are given out in these, by their length, so that none has to be made. */
  readonly #given: (Buffer | undefined)[];
  readonly #lastSet: number;
  readonly #maxKeyBytes: number;
  /** The way that the next newcomer takes, whatever its set. */
  #turn = 0;

  /**
   * @param setBits base-2 logarithm of the number of sets of four entries
   * @param resultBytes longest result of `compute`
   */
  constructor(
    setBits: number,
    resultBytes: number,
    private readonly compute: (value: Uint8Array) => Buffer,
  ) {
    this.#maxKeyBytes = entryBytes - headerBytes - resultBytes;
    if (this.#maxKeyBytes < 1) throw new RangeError('results too long to be remembered');
    this.#hashes = new Int32Array(ways << setBits);
    this.#given = new Array<Buffer | undefined>(resultBytes + 1).fill(undefined);
    this.#lastSet = (1 << setBits) - 1;
  }

  /** The result holds until the next call, and must not be written to. */
  get(bytes: Uint8Array, start: number, end: number): Buffer {
    if (end - start > this.#maxKeyBytes) return this.compute(bytes.subarray(start, end));
    const hash = hashOf(bytes, start, end);
    const first = (hash & this.#lastSet) * ways;
    const entries = (this.#entries ??= Buffer.alloc(this.#hashes.length * entryBytes));
    for (let entry = first; entry < first + ways; entry += 1) {
      if (this.#hashes[entry] !== hash) continue;
      const at = entry * entryBytes;
      if (hasKey(entries, at, bytes, start, end)) return this.#give(entries, at);
    }
    return this.#remember(entries, hash, first, bytes.subarray(start, end));
  }

  #remember(entries: Buffer, hash: number, first: number, key: Uint8Array): Buffer {
    const result = this.compute(key);
    const entry = first + this.#turn;
    this.#turn = (this.#turn + 1) % ways;
    const at = entry * entryBytes;
    this.#hashes[entry] = hash;
    entries[at] = key.length;
    entries[at + 1] = result.length;
    entries.set(key, at + headerBytes);
    entries.set(result, at + headerBytes + key.length);
    return result;
  }

  #give(entries: Buffer, at: number): Buffer {
    const length = entries[at + 1]!;
    const given = (this.#given[length] ??= Buffer.alloc(length));
    const start = at + headerBytes + entries[at]!;
    for (let offset = 0; offset < length; offset += 1) given[offset] = entries[start + offset]!;
    return given;
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

/** An entry that was never written has no key: its zero length is that of an empty value, its result's never is. */
function hasKey(entries: Buffer, at: number, bytes: Uint8Array, start: number, end: number): boolean {
  if (entries[at] !== end - start || entries[at + 1] === 0) return false;
  const key = at + headerBytes - start;
  for (let offset = start; offset < end; offset += 1) if (entries[key + offset] !== bytes[offset]) return false;
  return true;
}
