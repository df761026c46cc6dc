import { createHash, randomInt } from 'node:crypto';

/** A random value planted where it must never leave. */
export interface Canary {
  readonly token: string;
  /** Where it was planted, for the report. */
  readonly label: string;
}

export interface Leak {
  readonly label: string;
  /** The disguise it was found in, e.g. `base64`. */
  readonly form: string;
  readonly offset: number;
}

/** Part of a token that counts as a leak. Characters. */
const window = 6;
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** @param length characters; long enough that no window of it turns up by chance */
export function makeCanary(label: string, length = 24): Canary {
  let token = '';
  while (token.length < length) token += alphabet[randomInt(alphabet.length)]!;
  return { token, label };
}

/**
 * Looks for planted tokens in whatever came out: as they are in any letter case, reversed, as hex, as base64 at any
 * alignment, hashed, and every piece of six characters or more of the first four.
 */
export class CanaryScanner {
  readonly #needles: { readonly label: string; readonly form: string; readonly needle: string }[] = [];

  constructor(canaries: readonly Canary[]) {
    for (const { token, label } of canaries) {
      const seen = new Set<string>();
      for (const [form, needle] of disguises(token)) {
        if (seen.has(needle)) continue;
        seen.add(needle);
        this.#needles.push({ label, form, needle });
      }
    }
  }

  /** Every leak, at most one per token and form. */
  scan(output: Uint8Array | string): Leak[] {
    const exact = typeof output === 'string' ? output : Buffer.from(output).toString('latin1');
    const folded = exact.toLowerCase();
    const leaks = new Map<string, Leak>();
    for (const { label, form, needle } of this.#needles) {
      if (leaks.has(`${label} ${form}`)) continue;
      const offset = (form === 'base64' ? exact : folded).indexOf(needle);
      if (offset >= 0) leaks.set(`${label} ${form}`, { label, form, offset });
    }
    return [...leaks.values()];
  }
}

function* disguises(token: string): Generator<readonly [form: string, needle: string]> {
  const lower = token.toLowerCase();
  const reversed = [...lower].reverse().join('');
  for (const part of pieces(lower)) {
    yield ['plain', part];
    yield ['hex', Buffer.from(part).toString('hex')];
  }
  for (const part of pieces(token)) {
    yield ['hex', Buffer.from(part).toString('hex')];
    for (let shift = 0; shift < 3; shift += 1) yield ['base64', base64At(part, shift)];
  }
  for (const part of pieces(reversed)) yield ['reverse', part];
  for (const hash of ['md5', 'sha1', 'sha256']) {
    yield [hash, createHash(hash).update(token).digest('hex')];
    yield [hash, createHash(hash).update(token).digest('base64').toLowerCase()];
  }
}

function* pieces(text: string): Generator<string> {
  if (text.length <= window) yield text;
  for (let at = 0; at + window <= text.length && text.length > window; at += 1) yield text.slice(at, at + window);
}

/** The characters of base64 that depend on this text alone when `shift` unknown bytes come before it. */
function base64At(text: string, shift: number): string {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  return bytes.toString('base64').slice(first, last);
}
