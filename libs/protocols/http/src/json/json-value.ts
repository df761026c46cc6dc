/** A number as its digits: no double stands between what was sent, what policy sees and what is forwarded. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

/** Members in the order received; no name twice. */
export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The one spelling in which a value is forwarded. */
export function jsonText(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value);
  if (value instanceof JsonNumber) return value.text;
  if (value === null || typeof value === 'boolean') return String(value);
  let text = '';
  if (isList(value)) {
    for (const item of value) text += text === '' ? jsonText(item) : `,${jsonText(item)}`;
    return `[${text}]`;
  }
  for (const [name, member] of value) text += `${text === '' ? '' : ','}${quoted(name)}:${jsonText(member)}`;
  return `{${text}}`;
}

const special = /["\\\u0000-\u001f]/;

/** Strings here are well-formed, so only what JSON itself reserves needs an escape. */
function quoted(text: string): string {
  return special.test(text) ? JSON.stringify(text) : `"${text}"`;
}
