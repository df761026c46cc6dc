import { ProtobufFault } from './protobuf-fault.js';

/** A varint, or the bytes of whatever has a length. */
export type WireValue = bigint | Buffer;

/** The number of a field and what stands in it. */
export interface WireField {
  readonly number: number;
  readonly value: WireValue;
}

/** https://protobuf.dev/programming-guides/encoding/#structure: the low three bits of a tag. */
const wireTypes = { varint: 0n, bytes: 2n } as const;
const maxFieldNumber = 0x1fff_ffffn;
const maxVarintBytes = 10;

/**
 * The fields of one message in the order they were written. No message of Kubernetes that is listed here has groups or
 * fixed-width numbers, so these are refused, and so are varints that are longer than they need be.
 * @throws ProtobufFault
 */
export function* wireFields(bytes: Buffer): Generator<WireField, void> {
  const reader = new WireReader(bytes);
  while (!reader.done) yield reader.field();
}

class WireReader {
  #offset = 0;

  constructor(private readonly bytes: Buffer) {}

  get done(): boolean {
    return this.#offset >= this.bytes.length;
  }

  field(): WireField {
    const tag = this.#varint();
    const number = tag >> 3n;
    if (number === 0n || number > maxFieldNumber) throw new ProtobufFault('a field has no valid number');
    return { number: Number(number), value: this.#value(tag & 7n) };
  }

  #value(wireType: bigint): WireValue {
    if (wireType === wireTypes.varint) return this.#varint();
    if (wireType !== wireTypes.bytes) throw new ProtobufFault(`unexpected wire type ${wireType}`);
    const length = this.#varint();
    if (length > BigInt(this.bytes.length - this.#offset)) throw new ProtobufFault('unexpected EOF');
    const start = this.#offset;
    this.#offset += Number(length);
    return this.bytes.subarray(start, this.#offset);
  }

  #varint(): bigint {
    let result = 0n;
    for (let count = 0; count < maxVarintBytes; count += 1) {
      const byte = this.bytes[this.#offset];
      if (byte === undefined) throw new ProtobufFault('unexpected EOF');
      this.#offset += 1;
      result |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte >= 0x80) continue;
      if (byte === 0 && count > 0) throw new ProtobufFault('a number is longer than it need be');
      if (result > 0xffff_ffff_ffff_ffffn) break;
      return result;
    }
    throw new ProtobufFault('a number has more than 64 bits');
  }
}
