import { ProtobufFault } from './protobuf-fault.js';
import type { WireValue } from './wire-reader.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws ProtobufFault for a number */
export function asBytes(value: WireValue): Buffer {
  if (typeof value === 'bigint') throw new ProtobufFault('wrong wire type');
  return value;
}

/** @throws ProtobufFault unless it is UTF-8 */
export function asText(value: WireValue): string {
  const bytes = asBytes(value);
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ProtobufFault('a text is not valid UTF-8');
  }
}

/** @throws ProtobufFault for what no double holds: JSON readers would not agree about it */
export function asLong(value: WireValue): number {
  if (typeof value !== 'bigint') throw new ProtobufFault('wrong wire type');
  const signed = Number(BigInt.asIntN(64, value));
  if (!Number.isSafeInteger(signed)) throw new ProtobufFault('a number is too large');
  return signed;
}

/** @throws ProtobufFault beyond 32 bits: Go would cut the number off */
export function asInt(value: WireValue): number {
  const number = asLong(value);
  if (number !== (number | 0)) throw new ProtobufFault('a number is too large');
  return number;
}

export function asBool(value: WireValue): boolean {
  if (value !== 0n && value !== 1n) throw new ProtobufFault('a boolean is neither true nor false');
  return value === 1n;
}
