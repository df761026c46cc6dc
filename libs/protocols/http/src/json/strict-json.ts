import { JsonNumber, type JsonObject, type JsonValue } from './json-value.js';

export interface JsonLimits {
  /** Levels of lists and objects. */
  readonly depth: number;
}

export class JsonFault extends Error {
  override readonly name = 'JsonFault';
}

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// Everything up to what ends the run: quote, backslash or a control character.

const plain = /[^"\\\u0000-\u001f]*/y;
const loneSurrogate = /\p{Surrogate}/u;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * RFC 8259 with everything refused on which readers differ: invalid UTF-8, a byte order mark, lone surrogates, names that
 * repeat (also when only their case differs: some decoders match them so) and `__proto__`.
 *
 * @throws JsonFault with a fixed sentence that never repeats the document
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): JsonValue {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new JsonFault('the body is not UTF-8');
  }
  return parseJsonText(text, limits);
}

export function parseJsonText(text: string, limits: JsonLimits): JsonValue {
  const parser = new Parser(text, limits.depth);
  const value = parser.value(0);
  parser.blank();
  if (parser.at < text.length) throw new JsonFault('text follows the JSON document');
  return value;
}

/** Names that some decoder takes for the same. */
export function foldName(name: string): string {
  return name.toUpperCase().toLowerCase();
}

class Parser {
  at = 0;
  private readonly folds = new Map<string, string>();

  constructor(
    private readonly text: string,
    private readonly depth: number,
  ) {}

  blank(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  value(level: number): JsonValue {
    this.blank();
    switch (this.text[this.at]) {
      case '{':
        return this.object(level + 1);
      case '[':
        return this.list(level + 1);
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private object(level: number): JsonObject {
    this.enter(level);
    const members = new Map<string, JsonValue>();
    let folded: Set<string> | undefined;
    if (this.skip('}')) return members;
    do {
      this.blank();
      if (this.text[this.at] !== '"') throw new JsonFault('a member of the JSON document has no name');
      const name = this.string();
      const fold = this.folded(name);
      if (fold !== name) folded ??= new Set(Array.from(members.keys(), (known) => this.folded(known)));
      if ((folded ?? members).has(fold)) throw new JsonFault('a name repeats within one object of the JSON document');
      if (fold === '__proto__') throw new JsonFault('the JSON document names a prototype');
      folded?.add(fold);
      if (!this.skip(':')) throw new JsonFault('a member of the JSON document has no value');
      members.set(name, this.value(level));
    } while (this.skip(','));
    if (!this.skip('}')) throw new JsonFault('an object of the JSON document does not end');
    return members;
  }

  /** Names come again and again, in lists of objects above all. */
  private folded(name: string): string {
    let fold = this.folds.get(name);
    if (fold === undefined) this.folds.set(name, (fold = foldName(name)));
    return fold;
  }

  private list(level: number): JsonValue[] {
    this.enter(level);
    const items: JsonValue[] = [];
    if (this.skip(']')) return items;
    do items.push(this.value(level));
    while (this.skip(','));
    if (!this.skip(']')) throw new JsonFault('a list of the JSON document does not end');
    return items;
  }

  private enter(level: number): void {
    if (level > this.depth) throw new JsonFault('the JSON document is nested too deeply');
    this.at += 1;
  }

  private skip(mark: string): boolean {
    this.blank();
    if (this.text[this.at] !== mark) return false;
    this.at += 1;
    return true;
  }

  private word(word: string, value: boolean | null): boolean | null {
    if (!this.text.startsWith(word, this.at)) throw new JsonFault('the body is not JSON');
    this.at += word.length;
    return value;
  }

  private number(): JsonNumber {
    number.lastIndex = this.at;
    const match = number.exec(this.text);
    if (!match) throw new JsonFault('the body is not JSON');
    this.at = number.lastIndex;
    return new JsonNumber(match[0]);
  }

  private string(): string {
    this.at += 1;
    let result = '';
    let escaped = false;
    for (;;) {
      plain.lastIndex = this.at;
      plain.test(this.text);
      result += this.text.slice(this.at, plain.lastIndex);
      this.at = plain.lastIndex + 1;
      const mark = this.text[this.at - 1];
      if (mark === '"') break;
      if (mark !== '\\') throw new JsonFault('a string of the JSON document is malformed');
      escaped = true;
      result += this.escape();
    }
    if (escaped && loneSurrogate.test(result)) throw new JsonFault('a string of the JSON document is not Unicode');
    return result;
  }

  private escape(): string {
    const mark = this.text[this.at] ?? '';
    this.at += 1;
    const simple = Object.hasOwn(escapes, mark) ? escapes[mark] : undefined;
    if (simple !== undefined) return simple;
    const digits = this.text.slice(this.at, this.at + 4);
    if (mark !== 'u' || !/^[0-9A-Fa-f]{4}$/.test(digits))
      throw new JsonFault('a string of the JSON document is malformed');
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }
}
