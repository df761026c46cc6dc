import { ProtobufFault } from './protobuf-fault.js';
import { emptyObject, type ProtobufObject, type ProtobufValue } from './protobuf-value.js';
import { asBool, asBytes, asInt, asLong, asText } from './scalars.js';
import { messageOfKind, protobufMessage, type ProtobufField } from './schema.js';
import { fieldsUpTo, wellKnown } from './well-known.js';
import { wireFields, type WireValue } from './wire-reader.js';

const magic = Buffer.from('k8s\0');
const none = Buffer.alloc(0);
/** More than any manifest has. An empty message takes two bytes, and time and memory out of all proportion. */
const maxValues = 100_000;

/**
 * An object in the Kubernetes protobuf envelope (runtime.Unknown), as the API server's JSON would hold it, without what
 * is null there or has no meaning when zero. The schema is closed: what it does not list is an error, never dropped.
 * @throws ProtobufFault for anything that is not understood whole
 */
export function decodeProtobuf(body: Buffer): ProtobufObject {
  if (!body.subarray(0, magic.length).equals(magic)) {
    throw new ProtobufFault('provided data does not appear to be a protobuf message');
  }
  const envelope = fieldsUpTo(4, body.subarray(magic.length));
  const raw = envelope.get(2);
  const type = fieldsUpTo(2, asBytes(envelope.get(1) ?? none));
  const apiVersion = asText(type.get(1) ?? none);
  const kind = asText(type.get(2) ?? none);
  const encodings = [envelope.get(3), envelope.get(4)].map((value) => asText(value ?? none));
  if (encodings.some((encoding) => encoding !== '')) throw new ProtobufFault('an object is encoded once more');
  const message = messageOfKind(apiVersion, kind);
  if (message === undefined) throw new ProtobufFault('no such kind is known in protobuf');
  if (raw === undefined) throw new ProtobufFault('the envelope is empty');
  return new Decoder().object(message, asBytes(raw), { apiVersion, kind });
}

class Decoder {
  #values = 0;

  object(name: string, bytes: Buffer, begun: Readonly<Record<string, string>> = {}): ProtobufObject {
    const result = Object.assign(emptyObject(), begun);
    const message = protobufMessage(name);
    const given = new Set<number>();
    for (const { number, value } of wireFields(bytes)) {
      const field = message.get(number);
      if (field === undefined) throw new ProtobufFault(`unknown field ${number} of ${name}`);
      // Readers may take the first, the last, or both merged.
      if (field.shape === 'one' && given.has(number))
        throw new ProtobufFault(`field ${number} of ${name} is given twice`);
      given.add(number);
      this.#store(result, field, value);
    }
    return result;
  }

  #store(result: ProtobufObject, field: ProtobufField, value: WireValue): void {
    if (++this.#values > maxValues) throw new ProtobufFault('an object has too many values');
    if (field.shape === 'map') return this.#storeEntry(result, field, asBytes(value));
    const decoded = this.#value(field.type, value);
    if (decoded === undefined) return;
    if (field.shape === 'list') ((result[field.name] ??= []) as ProtobufValue[]).push(decoded);
    else if (field.embedded) Object.assign(result, decoded);
    else if (field.keepsZero || !isZero(decoded)) result[field.name] = decoded;
  }

  /** A map is a list of entries with a key and a value, and a key that is given twice is a field given twice. */
  #storeEntry(result: ProtobufObject, { name, type }: ProtobufField, bytes: Buffer): void {
    const entry = fieldsUpTo(2, bytes);
    const key = asText(entry.get(1) ?? none);
    const entries = (result[name] ??= emptyObject()) as ProtobufObject;
    if (Object.hasOwn(entries, key)) throw new ProtobufFault('a map has a key twice');
    const value = this.#value(type, entry.get(2) ?? none);
    if (value !== undefined) entries[key] = value;
  }

  #value(type: string, value: WireValue): ProtobufValue | undefined {
    switch (type) {
      case 'string':
        return asText(value);
      case 'bytes':
        return asBytes(value).toString('base64');
      case 'int':
        return asInt(value);
      case 'long':
        return asLong(value);
      case 'bool':
        return asBool(value);
      default: {
        const bytes = asBytes(value);
        const known = wellKnown.get(type);
        return known ? known(bytes) : type === 'ExtraValue' ? this.#extra(bytes) : this.object(type, bytes);
      }
    }
  }

  /** A list on its own cannot be a value on the wire, so there is a message around it. */
  #extra(bytes: Buffer): ProtobufValue {
    return this.object('ExtraValue', bytes)['items'] ?? [];
  }
}

function isZero(value: ProtobufValue): boolean {
  return value === '' || value === 0 || value === false;
}
