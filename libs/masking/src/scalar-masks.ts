import type { MaskMethod } from '@sallyport/domain';
import type { Pseudonyms } from './methods/pseudonym.js';
import { textMask } from './text-mask.js';

/** Masks scalars of documents so that their types stay where they can: whoever reads a masked document still can. */
export class ScalarMasks {
  readonly #texts;

  constructor(private readonly pseudonyms: Pseudonyms) {
    this.#texts = {
      redact: textMask('redact', pseudonyms),
      partial: textMask('partial', pseudonyms),
      pseudonym: textMask('pseudonym', pseudonyms),
      null: textMask('null', pseudonyms),
    } satisfies Record<MaskMethod, unknown>;
  }

  /** Whether what the value reads decides what it becomes; otherwise nobody need remember it. */
  static usesValue(method: MaskMethod): boolean {
    return method === 'pseudonym' || method === 'partial';
  }

  /** @param value UTF-8; the answer holds until the next text is masked; null where nothing may stand in its place */
  text(method: MaskMethod, value: Uint8Array, start = 0, end = value.length): Buffer | null {
    return this.#texts[method](value, start, end);
  }

  /** @param literal as JSON writes it; the answer is written the same way */
  number(method: MaskMethod, literal: string): string {
    if (method === 'null') return 'null';
    return method === 'pseudonym' ? this.#digits(literal) : '0';
  }

  boolean(method: MaskMethod): string {
    return method === 'null' ? 'null' : 'false';
  }

  /** Fifteen digits, the same for every way to write the number: as many as every reader of JSON keeps exactly. */
  #digits(literal: string): string {
    const text = Buffer.from(canonicalNumber(literal));
    const pseudonym = this.pseudonyms.text(text, 0, text.length).toString('latin1', 2);
    return String((BigInt(`0x${pseudonym}`) % 900_000_000_000_000n) + 100_000_000_000_000n);
  }
}

/** Whole numbers as they are, since some are too large for a double; others as the nearest double is written. */
function canonicalNumber(literal: string): string {
  const whole = /^-?[0-9]+$/.test(literal);
  if (whole) return literal === '-0' ? '0' : literal;
  const value = Number(literal);
  return Number.isFinite(value) ? String(value === 0 ? 0 : value) : literal;
}
