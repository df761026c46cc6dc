import { isUtf8 } from 'node:buffer';
import { MaskError } from '../mask-error.js';

/** Whether a stream is UTF-8 (RFC 3629: no overlong forms, no surrogates), however its characters are cut apart. */
export class Utf8Check {
  /** The beginning of a character whose rest has not arrived. */
  #begun: Buffer | undefined;

  /** @throws MaskError `encoding` when no continuation could make these bytes UTF-8 */
  push(chunk: Buffer): void {
    let start = 0;
    if (this.#begun) {
      const missing = characterLength(this.#begun[0]!) - this.#begun.length;
      start = Math.min(missing, chunk.length);
      const character = Buffer.concat([this.#begun, chunk.subarray(0, start)]);
      this.#begun = start < missing ? character : undefined;
      if (!this.#begun && !isUtf8(character)) throw notUtf8();
    }
    const cut = lastCharacter(chunk, start);
    if (!isUtf8(chunk.subarray(start, cut))) throw notUtf8();
    if (cut < chunk.length) this.#begun = Buffer.from(chunk.subarray(cut));
  }

  /** @throws MaskError `encoding` when the last character is cut off */
  end(): void {
    if (this.#begun) throw notUtf8();
  }
}

function notUtf8(): MaskError {
  return new MaskError('encoding', 'not UTF-8');
}

/** Where a character begins that the chunk ends inside of, or the chunk's end. */
function lastCharacter(chunk: Buffer, start: number): number {
  for (let at = chunk.length - 1; at >= start && at >= chunk.length - 3; at -= 1) {
    if ((chunk[at]! & 0xc0) === 0x80) continue;
    return characterLength(chunk[at]!) > chunk.length - at ? at : chunk.length;
  }
  return chunk.length;
}

/** By its first byte; 1 for what cannot be a first byte, which the check itself refuses. */
function characterLength(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}
