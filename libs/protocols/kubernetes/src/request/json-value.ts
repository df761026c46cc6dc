/** A number that a double would change; `JSON.stringify` writes it as it was read. */
export interface RawNumber {
  readonly rawJSON: string;
}
export type JsonScalar = string | number | boolean | null | RawNumber;
export type JsonValue = JsonScalar | JsonValue[] | JsonObject;
/** Own properties only: a key may be `__proto__`. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** ES2026, in Node since 22; the library that this code is compiled against does not know it yet. */
const rawJson = JSON as unknown as {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !rawJson.isRawJSON(value);
}

/** @param text a JSON number */
export function jsonNumber(text: string): number | RawNumber {
  const number = Number(text);
  return String(number) === text ? number : rawJson.rawJSON(text);
}

/** An object that inherits nothing, so that no key is special. */
export function emptyObject(): JsonObject {
  return Object.create(null) as JsonObject;
}

/** The property, where it is the object's own. */
export function memberOf(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function textMember(value: JsonValue | undefined, key: string): string {
  const member = memberOf(value, key);
  return typeof member === 'string' ? member : '';
}

/** Half of a pair: text that UTF-8 cannot say. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}
