import { isRecord } from '../kubernetes-object.js';
import type { ProtobufField } from './schema.js';
import { protobufMessage } from './schema.js';

const magic = Buffer.from('k8s\0');
const wireTypes = { varint: 0, bytes: 2 } as const;
type Fields = Record<string, unknown>;

/**
 * An object in the Kubernetes protobuf envelope, as JSON would hold it. The schema is closed: a field it does not
 * know is an error, never dropped.
 * @throws Error for anything that is not understood whole
 */
export function decodeProtobuf(body: Buffer): Fields {
  if (!body.subarray(0, 4).equals(magic)) throw new Error('provided data does not appear to be a protobuf message');
  const envelope = decodeMessage('Unknown', body.subarray(4));
  const type = envelope['typeMeta'];
  const { apiVersion, kind } = isRecord(type) ? type : {};
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || !protobufMessage(kind)) {
    throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
  const raw = typeof envelope['raw'] === 'string' ? envelope['raw'] : '';
  return { kind, apiVersion, ...decodeMessage(kind, Buffer.from(raw, 'base64')) };
}

function decodeMessage(name: string, bytes: Buffer): Fields {
  const message = protobufMessage(name);
  if (!message) throw new Error(`unknown message ${name}`);
  const result: Fields = {};
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    const number = Number(tag >> 3n);
    const field = message.get(number);
    if (!field) throw new Error(`unknown field ${number} of ${name}`);
    store(result, field, reader.value(Number(tag & 7n)));
  }
  return result;
}

function store(result: Fields, field: ProtobufField, value: bigint | Buffer): void {
  const { name, type } = field;
  if (type === 'map' || type === 'bytesMap' || type === 'quantityMap') {
    const [key, entry] = decodeEntry(type, asBytes(value));
    const entries = isRecord(result[name]) ? result[name] : {};
    result[name] = Object.assign(entries, { [key]: entry });
    return;
  }
  const decoded = decodeValue(type, value);
  if (field.embedded) Object.assign(result, decoded);
  else if (field.repeated)
    result[name] = [...(Array.isArray(result[name]) ? (result[name] as unknown[]) : []), decoded];
  else if (field.keepsZero || !isZero(decoded)) result[name] = decoded;
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === undefined;
}

function decodeValue(type: string, value: bigint | Buffer): unknown {
  switch (type) {
    case 'string':
      return asBytes(value).toString();
    case 'bytes':
      return asBytes(value).toString('base64');
    case 'int':
      return Number(BigInt.asIntN(64, asVarint(value)));
    case 'bool':
      return asVarint(value) !== 0n;
    case 'Time':
      return decodeTime(asBytes(value));
    case 'RawJson':
      return JSON.parse(asBytes(plainFields(asBytes(value)).get(1) ?? Buffer.from('{}')).toString()) as unknown;
    case 'IntOrString':
      return decodeIntOrString(asBytes(value));
    default:
      return decodeMessage(type, asBytes(value));
  }
}

/** A map is a list of entries with a key and a value. */
function decodeEntry(type: 'map' | 'bytesMap' | 'quantityMap', bytes: Buffer): [string, string] {
  const fields = plainFields(bytes);
  const key = asBytes(fields.get(1) ?? Buffer.alloc(0)).toString();
  const value = asBytes(fields.get(2) ?? Buffer.alloc(0));
  if (type === 'bytesMap') return [key, value.toString('base64')];
  return [key, (type === 'map' ? value : asBytes(plainFields(value).get(1) ?? Buffer.alloc(0))).toString()];
}

function decodeTime(bytes: Buffer): string | undefined {
  const seconds = plainFields(bytes).get(1);
  if (seconds === undefined || asVarint(seconds) === 0n) return undefined;
  return `${new Date(Number(asVarint(seconds)) * 1000).toISOString().slice(0, 19)}Z`;
}

/** A number unless its type says text. */
function decodeIntOrString(bytes: Buffer): number | string {
  const fields = plainFields(bytes);
  const isText = asVarint(fields.get(1) ?? 0n) === 1n;
  return isText ? asBytes(fields.get(3) ?? Buffer.alloc(0)).toString() : Number(asVarint(fields.get(2) ?? 0n));
}

function plainFields(bytes: Buffer): Map<number, bigint | Buffer> {
  const fields = new Map<number, bigint | Buffer>();
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    fields.set(Number(tag >> 3n), reader.value(Number(tag & 7n)));
  }
  return fields;
}

function asBytes(value: bigint | Buffer): Buffer {
  if (typeof value === 'bigint') throw new Error('wrong wire type');
  return value;
}

function asVarint(value: bigint | Buffer): bigint {
  if (typeof value !== 'bigint') throw new Error('wrong wire type');
  return value;
}

class Reader {
  #offset = 0;

  constructor(private readonly bytes: Buffer) {}

  get done(): boolean {
    return this.#offset >= this.bytes.length;
  }

  varint(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.#offset];
      if (byte === undefined) throw new Error('unexpected EOF');
      this.#offset += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    throw new Error('varint too long');
  }

  value(wireType: number): bigint | Buffer {
    if (wireType === wireTypes.varint) return this.varint();
    if (wireType !== wireTypes.bytes) throw new Error(`unexpected wire type ${wireType}`);
    const length = Number(this.varint());
    if (length > this.bytes.length - this.#offset) throw new Error('unexpected EOF');
    this.#offset += length;
    return this.bytes.subarray(this.#offset - length, this.#offset);
  }
}
