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
  if (value instanceof JsonNumber) return value.text;
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let text = '{';
  for (const [name, member] of value) text += `${text === '{' ? '' : ','}${JSON.stringify(name)}:${jsonText(member)}`;
  return `${text}}`;
}
