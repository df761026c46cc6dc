import { emptyObject, hasLoneSurrogate, jsonNumber, type JsonObject, type JsonValue } from './json-value.js';
import { RequestFault } from './request-fault.js';

/** Deeper than any manifest; the API server itself takes 10,000. */
const maxDepth = 256;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const blank = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// A string's body; the control characters are those that RFC 8259 section 7 wants escaped.
const string = /"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y;

/** @throws RequestFault for bytes that are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RequestFault(400, 'the body is not valid UTF-8');
  }
}

/**
 * RFC 8259 without what readers disagree about: a key twice, half a surrogate pair, a byte order mark, numbers rounded.
 * @throws RequestFault
 */
export function parseStrictJson(text: string): JsonValue {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  #at = 0;
  constructor(readonly text: string) {}

  value(depth: number): JsonValue {
    if (depth > maxDepth) throw new RequestFault(400, 'the body is nested too deeply');
    this.#skip();
    switch (this.text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        return jsonNumber(this.#match(number));
    }
  }

  end(): void {
    this.#skip();
    if (this.#at !== this.text.length) throw malformed();
  }

  #object(depth: number): JsonObject {
    const object = emptyObject();
    this.#at += 1;
    if (this.#takes('}')) return object;
    do {
      this.#skip();
      const key = this.#string();
      if (Object.hasOwn(object, key)) throw new RequestFault(400, 'the body has a key twice in one object');
      if (!this.#takes(':')) throw malformed();
      object[key] = this.value(depth + 1);
    } while (this.#takes(','));
    if (!this.#takes('}')) throw malformed();
    return object;
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.#at += 1;
    if (this.#takes(']')) return array;
    do array.push(this.value(depth + 1));
    while (this.#takes(','));
    if (!this.#takes(']')) throw malformed();
    return array;
  }

  #string(): string {
    const literal = this.#match(string);
    const value = literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
    if (hasLoneSurrogate(value)) throw malformed();
    return value;
  }

  #literal<Value>(word: string, value: Value): Value {
    if (!this.text.startsWith(word, this.#at)) throw malformed();
    this.#at += word.length;
    return value;
  }

  #takes(sign: string): boolean {
    this.#skip();
    if (this.text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #skip(): void {
    this.#match(blank);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (!found) throw malformed();
    this.#at = pattern.lastIndex;
    return found[0];
  }
}

function malformed(): RequestFault {
  return new RequestFault(400, 'the body is not valid JSON');
}
