const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Finds, in an object's bytes as they come, where the array of its member `items` or `rows` begins. */
export class ListHead {
  key: 'items' | 'rows' = 'items';
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The last string at the object's own level, as long as it may be one of the two. */
  #word = '';
  #isKey = false;

  /** The index after the opening bracket; -1 when it is not in this chunk. Call no more once it was found. */
  find(chunk: Buffer): number {
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      if (this.#inString) this.#inside(byte);
      else if (byte === quote) this.#open();
      else if (byte === colon) this.#isKey = this.#depth === 1;
      else if (byte === 0x7b || byte === 0x5b) {
        this.#depth += 1;
        if (byte === 0x5b && this.#depth === 2 && this.#isKey && (this.#word === 'items' || this.#word === 'rows')) {
          this.key = this.#word;
          return at + 1;
        }
        this.#isKey = false;
      } else if (byte === 0x7d || byte === 0x5d) this.#depth -= 1;
      else if (byte === 0x2c) this.#isKey = false;
    }
    return -1;
  }

  #open(): void {
    this.#inString = true;
    if (this.#depth === 1 && !this.#isKey) this.#word = '';
  }

  #inside(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === backslash) this.#escaped = true;
    else if (byte === quote) this.#inString = false;
    // A key spelled with escapes is not found, and the object masked as a whole.
    if (this.#inString && this.#depth === 1 && !this.#isKey && this.#word.length < 16)
      this.#word += String.fromCharCode(byte);
  }
}
