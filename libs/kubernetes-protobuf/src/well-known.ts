import { ProtobufFault } from './protobuf-fault.js';
import { emptyObject, type ProtobufObject, type ProtobufValue } from './protobuf-value.js';
import { asInt, asLong, asText } from './scalars.js';
import { wireFields, type WireValue } from './wire-reader.js';

/** Seconds since 1970 of the years 1 to 9999, which RFC 3339 can say. */
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;
/** Deeper than any field of an object lies; the values of `fieldsV1` nest as its fields do. */
const maxFieldsDepth = 100;

/**
 * The fields of a small message, each at most once.
 * @throws ProtobufFault for fields above `last`
 */
export function fieldsUpTo(last: number, bytes: Buffer): ReadonlyMap<number, WireValue> {
  const fields = new Map<number, WireValue>();
  for (const { number, value } of wireFields(bytes)) {
    if (number > last) throw new ProtobufFault(`unknown field ${number}`);
    if (fields.has(number)) throw new ProtobufFault(`field ${number} is given twice`);
    fields.set(number, value);
  }
  return fields;
}

/** metav1.Time, in whole seconds. Undefined for Go's zero time, which JSON shows as null. */
export function decodeTime(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return undefined;
  const fields = fieldsUpTo(2, bytes);
  const seconds = asLong(fields.get(1) ?? 0n);
  if (asInt(fields.get(2) ?? 0n) !== 0) throw new ProtobufFault('a time has fractions of a second');
  if (seconds < firstSecond || seconds > lastSecond) throw new ProtobufFault('a time is out of range');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** resource.Quantity: a text. */
export function decodeQuantity(bytes: Buffer): string {
  const text = asText(fieldsUpTo(1, bytes).get(1) ?? Buffer.alloc(0));
  return text === '' ? '0' : text;
}

/** intstr.IntOrString: a number unless its type says text. What stands in the place of the other must be empty. */
export function decodeIntOrString(bytes: Buffer): number | string {
  const fields = fieldsUpTo(3, bytes);
  const type = asInt(fields.get(1) ?? 0n);
  const number = asInt(fields.get(2) ?? 0n);
  const text = asText(fields.get(3) ?? Buffer.alloc(0));
  if (type === 0 && text === '') return number;
  if (type === 1 && number === 0) return text;
  throw new ProtobufFault('a number or text is not one of the two');
}

/** metav1.FieldsV1: JSON inside, of which only the names of fields mean anything. */
export function decodeFieldsV1(bytes: Buffer): ProtobufObject {
  const text = asText(fieldsUpTo(1, bytes).get(1) ?? Buffer.from('{}'));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ProtobufFault('managed fields are not JSON');
  }
  return fieldNames(parsed, 0);
}

function fieldNames(value: unknown, depth: number): ProtobufObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || depth > maxFieldsDepth) throw new ProtobufFault('managed fields are not nested names');
  const names = emptyObject();
  for (const [name, inner] of Object.entries(value)) names[name] = fieldNames(inner, depth + 1);
  return names;
}

/** What is a message on the wire and has a form of its own in JSON. */
export const wellKnown: ReadonlyMap<string, (bytes: Buffer) => ProtobufValue | undefined> = new Map<
  string,
  (bytes: Buffer) => ProtobufValue | undefined
>([
  ['Time', decodeTime],
  ['Quantity', decodeQuantity],
  ['IntOrString', decodeIntOrString],
  ['FieldsV1', decodeFieldsV1],
]);
