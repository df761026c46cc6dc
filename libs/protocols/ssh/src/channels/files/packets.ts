import { ByteReader, ByteWriter, FrameBuffer, WireError } from '@sallyport/wire-kit';
import { readString } from '../../connection/wire.js';
import { putString } from '../../transport/message-numbers.js';

/** draft-ietf-secsh-filexfer-02, version 3: what OpenSSH speaks. */
export const packet = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
} as const;

export const status = { ok: 0, eof: 1, noSuchFile: 2, denied: 3, failure: 4, badMessage: 5, unsupported: 8 } as const;
export type Status = keyof typeof status;

export const openFlag = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;

/** OpenSSH's own limit, both ways. Bytes. */
const maxPacket = 256 << 10;

/** One packet without its length. `size` is what it took of the stream. */
export interface Packet {
  readonly type: number;
  readonly body: Buffer;
  readonly size: number;
}

/** Cuts a stream into packets. Throws a WireError for lengths that nobody may have. */
export class PacketStream {
  readonly #frames = new FrameBuffer();

  push(chunk: Buffer): void {
    this.#frames.push(chunk);
  }

  next(): Packet | undefined {
    if (!this.#frames.require(4)) return undefined;
    const length = this.#frames.bytes.readUInt32BE(this.#frames.offset);
    if (length < 1 || length > maxPacket) throw new WireError('a packet of impossible length');
    if (!this.#frames.require(4 + length)) return undefined;
    const { bytes, offset } = this.#frames;
    const body = bytes.subarray(offset + 5, offset + 4 + length);
    const type = bytes[offset + 4]!;
    this.#frames.skip(4 + length);
    return { type, body, size: 4 + length };
  }
}

/** A packet with its length in front. */
export function frame(type: number, fields: Uint8Array): Buffer {
  return new ByteWriter(5 + fields.length)
    .uint32(1 + fields.length)
    .uint8(type)
    .raw(fields)
    .finish();
}

/** A packet that belongs to a request. */
export function numbered(type: number, id: number, fields: Uint8Array): Buffer {
  return frame(type, new ByteWriter(4 + fields.length).uint32(id).raw(fields).finish());
}

export function strings(...values: readonly (string | Uint8Array)[]): Buffer {
  const writer = new ByteWriter(256);
  for (const value of values) putString(writer, value);
  return writer.finish();
}

export function statusPacket(id: number, code: Status, text: string): Buffer {
  const fields = putString(putString(new ByteWriter(64).uint32(status[code]), text), '');
  return numbered(packet.status, id, fields.finish());
}

/** The one name in an answer to realpath or readlink. */
export function onlyName(fields: Buffer): Buffer {
  const reader = new ByteReader(fields);
  if (reader.uint32() !== 1) throw new WireError('not one name');
  return readString(reader);
}
