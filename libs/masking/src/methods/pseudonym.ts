import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { ByteMemo } from './byte-memo.js';

const keyBytes = 32;
const memoSetBits = 12;
const memoMaxKeyBytes = 128;
const at = 0x40;
const dot = 0x2e;
const space = 0x20;

/**
 * Stable stand-ins for values: equal values have equal pseudonyms wherever they stand, so masked results can still be
 * joined and counted, and nobody without the key can tell which value a pseudonym stands for.
 * HMAC-SHA-256 (RFC 2104) cut to 64 bits for texts, 122 for UUIDs; each kind under a prefix of its own.
 */
export class Pseudonyms {
  readonly #key: KeyObject;
  readonly #texts: ByteMemo;
  readonly #uuids: ByteMemo;

  /** @throws RangeError when the key is not 32 bytes long */
  constructor(key: Uint8Array) {
    if (key.length !== keyBytes) throw new RangeError(`a pseudonym key has ${keyBytes} bytes, not ${key.length}`);
    this.#key = createSecretKey(key);
    this.#texts = new ByteMemo(memoSetBits, memoMaxKeyBytes, (value) => this.#text(value));
    this.#uuids = new ByteMemo(memoSetBits, memoMaxKeyBytes, (value) => this.#uuid(value));
  }

  /** `p_` and 16 hex digits; for an e-mail address `u_`, 16 hex digits and a domain that cannot exist (RFC 2606). */
  text(value: Uint8Array, start: number, end: number): Buffer {
    return this.#texts.get(value, start, end);
  }

  /** @param value the 16 bytes of a UUID; answers the 16 bytes of another, of version 8 (RFC 9562 section 5.8) */
  uuid(value: Uint8Array, start: number, end: number): Buffer {
    return this.#uuids.get(value, start, end);
  }

  #text(value: Uint8Array): Buffer {
    const digits = this.#digest('text:', value).subarray(0, 8).toString('hex');
    return Buffer.from(looksLikeEmail(value) ? `u_${digits}@masked.invalid` : `p_${digits}`);
  }

  #uuid(value: Uint8Array): Buffer {
    const bytes = Buffer.from(this.#digest('uuid:', value).subarray(0, 16));
    bytes[6] = (bytes[6]! & 0x0f) | 0x80;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes;
  }

  #digest(prefix: string, value: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(prefix).update(value).digest();
  }
}

/** Something, one @, and a domain with a dot inside; no blanks. */
function looksLikeEmail(value: Uint8Array): boolean {
  const sign = value.indexOf(at);
  if (sign < 1 || value.includes(at, sign + 1) || value.includes(space)) return false;
  const point = value.indexOf(dot, sign + 2);
  return point > 0 && point < value.length - 1;
}
