import { ByteReader, WireError } from '@sallyport/wire-kit';

/** Draft §5: which fields follow the flags, in this order. */
const field = { size: 1, owner: 2, permissions: 4, times: 8 } as const;

const typeMask = 0o170000;
const regular = 0o100000;

/** Attributes as a client sends them. Extended ones mean whatever a server likes: refused. */
export function readAttributes(reader: ByteReader): Buffer {
  const start = reader.position;
  const flags = reader.uint32();
  if (flags > 15) throw new WireError('unknown attributes');
  if (flags & field.size) reader.slice(8);
  if (flags & field.owner) reader.slice(8);
  if (flags & field.permissions) reader.slice(4);
  if (flags & field.times) reader.slice(8);
  return reader.bytes.subarray(start, reader.position);
}

/** The size of a regular file by a server's answer, in bytes; undefined where it says anything else, or less. */
export function regularFileSize(attributes: Buffer): bigint | undefined {
  const reader = new ByteReader(attributes);
  const flags = reader.uint32();
  if (!(flags & field.size) || !(flags & field.permissions)) return undefined;
  const size = reader.slice(8).readBigUInt64BE();
  if (flags & field.owner) reader.slice(8);
  return (reader.uint32() & typeMask) === regular ? size : undefined;
}

/** The same attributes with another size, where they tell one. */
export function withSize(attributes: Buffer, size: number): Buffer {
  if (!(new ByteReader(attributes).uint32() & field.size)) return attributes;
  const changed = Buffer.from(attributes);
  changed.writeBigUInt64BE(BigInt(size), 4);
  return changed;
}
