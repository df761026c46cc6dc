import { equalWords, hashWords, viewOf, Words, type ReadWords } from './words.js';

const nothing = new Words(Buffer.alloc(0));

/** Entries that share a set: a value only ever displaces one of these. */
const ways = 4;

/** Longest entry: a length of the key, a length of the result, both one byte, then key and result. */
const maxEntryBytes = 128;
const headerBytes = 2;
/** Stands where the ring had no room for another entry: no key is so long. */
const noEntry = 0xff;
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
  memory: Words = nothing;
  from = 0;
  /** Sets of four pairs: a hash, and one more than the position of its entry. Made when the first value comes. */
  #index: Int32Array | undefined;
  #ring: Words = nothing;
  /** Bytes ever written to the ring: the next entry's position. Its place is that modulo the ring's length. */
  #written = 0;
  /** Of the entry behind the last one asked for: what is read in the same order again needs no index. */
  #next = 0;
  /** What `get` was last asked about a part of: whoever masks a chunk asks about one part after the other. */
  #asked: ReadWords = nothing;
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
    if (this.#asked.bytes !== bytes) this.#asked = { bytes, view: viewOf(bytes) };
    const length = this.find(this.#asked, start, end);
    const { from } = this;
    const memory = this.memory.bytes;
    const given = (this.#given[length] ??= Buffer.alloc(length));
    for (let offset = 0; offset < length; offset += 1) given[offset] = memory[from + offset]!;
    return given;
  }

  /** Points `memory` and `from` to the result; answers its length. */
  find(value: ReadWords, start: number, end: number): number {
    if (end - start > this.#maxKeyBytes) return this.#found(this.compute(value.bytes.subarray(start, end)));
    const index = this.#index ?? this.#begin();
    const { view } = value;
    const next = this.#next;
    if (this.#isKept(next) && this.#hasKey(next, view, start, end)) return this.#entry(next);
    const hash = hashWords(view, start, end);
    const set = (hash & (this.#sets - 1)) * ways * 2;
    for (let slot = set; slot < set + ways * 2; slot += 2) {
      if (index[slot] !== hash) continue;
      const position = index[slot + 1]! - 1;
      if (this.#isKept(position) && this.#hasKey(position, view, start, end)) return this.#entry(position);
    }
    return this.#remember(index, hash, set, value.bytes.subarray(start, end));
  }

  /** A negative position was never written; one older than the ring is long has been written over. */
  #isKept(position: number): boolean {
    return position >= 0 && position < this.#written && position >= this.#written - this.#ring.size;
  }

  #hasKey(position: number, value: DataView, start: number, end: number): boolean {
    const { view, size } = this.#ring;
    const at = position & (size - 1);
    return view.getUint8(at) === end - start && equalWords(view, at + headerBytes, value, start, end);
  }

  #entry(position: number): number {
    const { view, size } = this.#ring;
    const at = position & (size - 1);
    const keyEnd = headerBytes + view.getUint8(at);
    const length = view.getUint8(at + 1);
    this.memory = this.#ring;
    this.from = at + keyEnd;
    this.#next = position + keyEnd + length;
    return length;
  }

  #begin(): Int32Array {
    this.#ring = new Words(Buffer.alloc(Math.max(this.#sets * ways * usualEntryBytes, maxEntryBytes)));
    return (this.#index = new Int32Array(this.#sets * ways * 2));
  }

  #remember(index: Int32Array, hash: number, set: number, key: Uint8Array): number {
    const result = this.compute(key);
    const ring = this.#ring.bytes;
    if (this.#written > this.maxPosition) {
      index.fill(0);
      this.#written = 0;
    }
    let at = this.#written & (ring.length - 1);
    const bytes = headerBytes + key.length + result.length;
    if (at + bytes > ring.length) {
      ring[at] = noEntry;
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
    this.#next = this.#written;
    return this.#found(result);
  }

  #found(result: Buffer): number {
    this.memory = new Words(result);
    this.from = 0;
    return result.length;
  }
}
