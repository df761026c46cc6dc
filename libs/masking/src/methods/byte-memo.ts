const fnvOffset = 0x811c9dc5 | 0;
const fnvPrime = 0x01000193;

/**
 * Remembers the results of a function of bytes, in a fixed number of slots: a newer value takes the slot of an older one,
 * so memory is bounded and no choice of values makes it slower than not remembering. Looks values up where they lie,
 * without making a string of them.
 */
export class ByteMemo {
  readonly #keys: (Uint8Array | undefined)[];
  readonly #values: (Buffer | undefined)[];
  readonly #mask: number;

  /**
   * @param slotBits base-2 logarithm of the number of slots
   * @param maxKeyBytes longer values are not remembered
   */
  constructor(
    slotBits: number,
    private readonly maxKeyBytes: number,
    private readonly compute: (value: Uint8Array) => Buffer,
  ) {
    this.#keys = new Array<Uint8Array | undefined>(1 << slotBits).fill(undefined);
    this.#values = new Array<Buffer | undefined>(1 << slotBits).fill(undefined);
    this.#mask = (1 << slotBits) - 1;
  }

  get(bytes: Uint8Array, start: number, end: number): Buffer {
    if (end - start > this.maxKeyBytes) return this.compute(bytes.subarray(start, end));
    let hash = fnvOffset;
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ bytes[at]!, fnvPrime);
    const slot = (hash ^ (hash >>> 15)) & this.#mask;
    const key = this.#keys[slot];
    if (key !== undefined && equals(key, bytes, start, end)) return this.#values[slot]!;
    // A copy: the caller's bytes live in a network buffer.
    const own = Uint8Array.prototype.slice.call(bytes, start, end);
    const value = this.compute(own);
    this.#keys[slot] = own;
    this.#values[slot] = value;
    return value;
  }
}

function equals(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let at = 0; at < key.length; at += 1) if (key[at] !== bytes[start + at]) return false;
  return true;
}
