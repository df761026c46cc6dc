/** Type oids of the server's pg_type.dat whose binary form is plain enough to show as a value. */
const int2 = 21;
const int4 = 23;
const int8 = 20;
const oid = 26;
const bool = 16;
const float4 = 700;
const float8 = 701;
const uuid = 2950;
const timestamp = 1114;
const timestamptz = 1184;
/** Their binary form is their text: text, varchar, bpchar, name, json, unknown, xml. */
const textual = new Set([25, 1043, 1042, 19, 114, 705, 142]);

/**
 * A value as text. A client that binds parameters may ask for binary without the recording saying so, so a value that is no
 * readable text is shown by its type when that is simple, and as hexadecimal otherwise.
 */
export function postgresValue(bytes: Buffer, typeOid: number, binary: boolean): string {
  if (textual.has(typeOid)) return bytes.toString('utf8');
  if (!binary && isText(bytes)) return bytes.toString('utf8');
  return simpleBinary(bytes, typeOid) ?? `\\x${bytes.toString('hex')}`;
}

function isText(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function simpleBinary(bytes: Buffer, typeOid: number): string | undefined {
  switch (typeOid) {
    case int2:
      return bytes.length === 2 ? String(bytes.readInt16BE()) : undefined;
    case int4:
      return bytes.length === 4 ? String(bytes.readInt32BE()) : undefined;
    case oid:
      return bytes.length === 4 ? String(bytes.readUInt32BE()) : undefined;
    case int8:
      return bytes.length === 8 ? String(bytes.readBigInt64BE()) : undefined;
    case bool:
      return bytes.length === 1 ? (bytes[0] === 0 ? 'f' : 't') : undefined;
    case float4:
      return bytes.length === 4 ? String(bytes.readFloatBE()) : undefined;
    case float8:
      return bytes.length === 8 ? String(bytes.readDoubleBE()) : undefined;
    case uuid:
      return bytes.length === 16
        ? bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
        : undefined;
    case timestamp:
    case timestamptz:
      return bytes.length === 8 ? timestampText(bytes.readBigInt64BE()) : undefined;
    default:
      return undefined;
  }
}

/** Microseconds since 2000-01-01, as the server sends timestamps in binary. */
function timestampText(micros: bigint): string | undefined {
  const date = new Date(Number(micros / 1000n) + Date.UTC(2000, 0, 1));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
