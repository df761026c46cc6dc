import { ByteMemo } from './byte-memo.js';
import { HmacSha256 } from './hmac-sha256.js';

const keyBytes = 32;
/** 32,768 values in 2.3 MB. */
const memoSetBits = 13;
const emailDomain = Buffer.from('@masked.invalid');
/** `u_` or `p_`, and the digits. */
const plainBytes = 18;
const uuidBytes = 16;
const hexDigits = Buffer.from('0123456789abcdef');
const at = '@'.charCodeAt(0);
const dot = '.'.charCodeAt(0);
const space = ' '.charCodeAt(0);
const underscore = '_'.charCodeAt(0);

/**
 * Stable stand-ins for values: equal values have equal pseudonyms wherever they stand, so masked results can still be
 * joined and counted, and nobody without the key can tell which value a pseudonym stands for.
 * HMAC-SHA-256 (RFC 2104) cut to 64 bits for texts, 122 for UUIDs; each kind under a key derived for it.
 * What is given out holds until the next call.
 */
export class Pseudonyms {
  readonly #textHmac: HmacSha256;
  readonly #uuidHmac: HmacSha256;
  /** By text: for whoever copies a pseudonym from where it is remembered. What `text` answers is already a copy. */
  readonly texts: ByteMemo;
  readonly #uuids: ByteMemo;
  readonly #digest = Buffer.alloc(32);

  /** @throws RangeError when the key is not 32 bytes long */
  constructor(key: Uint8Array) {
    if (key.length !== keyBytes) throw new RangeError(`a pseudonym key has ${keyBytes} bytes, not ${key.length}`);
    this.#textHmac = derived(key, 'text');
    this.#uuidHmac = derived(key, 'uuid');
    this.texts = new ByteMemo(memoSetBits, plainBytes + emailDomain.length, (value) => this.#text(value));
    this.#uuids = new ByteMemo(memoSetBits, uuidBytes, (value) => this.#uuid(value));
  }

  /** `p_` and 16 hex digits; for an e-mail address `u_`, 16 hex digits and a domain that cannot exist (RFC 2606). */
  text(value: Uint8Array, start: number, end: number): Buffer {
    return this.texts.get(value, start, end);
  }

  /** @param value the 16 bytes of a UUID; answers the 16 bytes of another, of version 8 (RFC 9562 section 5.8) */
  uuid(value: Uint8Array, start: number, end: number): Buffer {
    return this.#uuids.get(value, start, end);
  }

  #text(value: Uint8Array): Buffer {
    this.#textHmac.digest(value, this.#digest);
    const isEmail = looksLikeEmail(value);
    const pseudonym = Buffer.allocUnsafe(plainBytes + (isEmail ? emailDomain.length : 0));
    pseudonym[0] = (isEmail ? 'u' : 'p').charCodeAt(0);
    pseudonym[1] = underscore;
    for (let byte = 0; byte < 8; byte += 1) {
      pseudonym[2 + 2 * byte] = hexDigits[this.#digest[byte]! >> 4]!;
      pseudonym[3 + 2 * byte] = hexDigits[this.#digest[byte]! & 15]!;
    }
    if (isEmail) pseudonym.set(emailDomain, plainBytes);
    return pseudonym;
  }

  #uuid(value: Uint8Array): Buffer {
    this.#uuidHmac.digest(value, this.#digest);
    const bytes = Buffer.from(this.#digest.subarray(0, uuidBytes));
    bytes[6] = (bytes[6]! & 0x0f) | 0x80;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes;
  }
}

function derived(key: Uint8Array, purpose: string): HmacSha256 {
  const subkey = Buffer.alloc(32);
  new HmacSha256(key).digest(Buffer.from(`sallyport pseudonym ${purpose}`), subkey);
  return new HmacSha256(subkey);
}

/** Something, one @, and a domain with a dot inside; no blanks. */
function looksLikeEmail(value: Uint8Array): boolean {
  let sign = -1;
  let point = -1;
  for (let index = 0; index < value.length; index += 1) {
    const byte = value[index]!;
    if (byte === space || (byte === at && sign >= 0)) return false;
    if (byte === at) sign = index;
    else if (byte === dot && sign >= 0 && index > sign + 1 && point < 0) point = index;
  }
  return sign > 0 && point > 0 && point < value.length - 1;
}
