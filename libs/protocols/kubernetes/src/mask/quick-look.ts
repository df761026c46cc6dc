import type { JsonValue } from '../request/json-value.js';
import type { ObjectMask, ObjectMaskOptions } from './object-mask.js';
import { parseAnswer } from './parse-answer.js';
import { isBlank, ValueScanner } from './value-scanner.js';

/** The escapes that Go writes for the sake of HTML and JavaScript; any other may spell a word that is looked for. */
const plainEscapes: ReadonlySet<string> = new Set(['003c', '003e', '0026', '2028', '2029']);
const escape = Buffer.from('\\u');
const env = Buffer.from('"env');
const backslash = 0x5c;
const quote = 0x22;
const colon = 0x3a;
const openBracket = 0x5b;
const openBrace = 0x7b;

/**
 * Masks objects without reading them where their bytes tell that nothing but environment variables is concerned: nearly all
 * objects of large lists. Reading and writing an object takes ten times as long.
 */
export class QuickLook {
  readonly #mask: ObjectMask;
  readonly #markers: readonly Buffer[];
  readonly #hasEnv: boolean;

  private constructor(mask: ObjectMask, markers: readonly Buffer[], hasEnv: boolean) {
    this.#mask = mask;
    this.#markers = markers;
    this.#hasEnv = hasEnv;
  }

  /** Undefined where every object may be concerned, by what the request or the list says that it is. */
  static of({ parts, hints, detect }: ObjectMaskOptions, mask: ObjectMask, listed = ''): QuickLook | undefined {
    const kinds = parts.flatMap(({ what }) => (what.in === 'kind' ? [what.kind] : []));
    if (detect) kinds.push('Event');
    if ([...hints, listed].some((kind) => kinds.includes(kind))) return undefined;
    // A quote before: the value of `kind`, in a manifest inside an annotation too, where the quote after is escaped.
    const markers = kinds.map((kind) => Buffer.from(`"${kind}`));
    return new QuickLook(
      mask,
      markers,
      parts.some(({ what }) => what.in === 'env'),
    );
  }

  /** The object's bytes, masked; undefined when it has to be read. */
  masked(bytes: Buffer): Buffer | undefined {
    if (this.#markers.some((marker) => bytes.includes(marker)) || hasOddEscape(bytes)) return undefined;
    return this.#hasEnv ? this.#withoutVariables(bytes) : bytes;
  }

  #withoutVariables(bytes: Buffer): Buffer | undefined {
    const out: Buffer[] = [];
    let copied = 0;
    for (let at = bytes.indexOf(env); at >= 0; at = bytes.indexOf(env, at + env.length)) {
      const after = at + env.length;
      // Inside a manifest inside a text.
      if (bytes[at - 1] === backslash) return undefined;
      if (bytes[after] !== quote) continue;
      const start = valueStart(bytes, after + 1);
      if (bytes[start] === openBrace) return undefined;
      if (bytes[start] !== openBracket) continue;
      const end = new ValueScanner().scan(bytes, start);
      const inner = bytes.indexOf(env, after);
      if (end < 0 || (inner >= 0 && inner < end)) return undefined;
      const variables = parseAnswer(bytes.subarray(start, end)) as JsonValue[];
      if (this.#mask.applyVariables(variables)) {
        out.push(bytes.subarray(copied, start), Buffer.from(JSON.stringify(variables)));
        copied = end;
      }
      at = end - env.length;
    }
    return copied === 0 ? bytes : Buffer.concat([...out, bytes.subarray(copied)]);
  }
}

/** Where the value of a key begins; at something else when it was no key. */
function valueStart(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isBlank(bytes[at]!)) at += 1;
  if (bytes[at] !== colon) return from - 1;
  at += 1;
  while (at < bytes.length && isBlank(bytes[at]!)) at += 1;
  return at;
}

function hasOddEscape(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(escape); at >= 0; at = bytes.indexOf(escape, at + 2)) {
    if (!plainEscapes.has(bytes.toString('latin1', at + 2, at + 6).toLowerCase())) return true;
  }
  return false;
}
