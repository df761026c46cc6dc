import type { ByteReader } from '@sallyport/wire-kit';
import { WireError } from '@sallyport/wire-kit';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A field of the SSH wire (RFC 4251 §5): its length, then its bytes. A view, not a copy. */
export function readString(reader: ByteReader): Buffer {
  return reader.slice(reader.uint32());
}

/** Text that must be UTF-8. Throws a WireError when it is not. */
export function readText(reader: ByteReader): string {
  return asText(readString(reader));
}

export function readBoolean(reader: ByteReader): boolean {
  return reader.uint8() !== 0;
}

export function asText(bytes: Buffer): string {
  const text = textOf(bytes);
  if (text === undefined) throw new WireError('a text is not UTF-8');
  return text;
}

/** Undefined when it is not UTF-8. */
export function textOf(bytes: Buffer): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
