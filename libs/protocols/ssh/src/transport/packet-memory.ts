import { randomFillSync } from 'node:crypto';

/** Length of the packet and of its padding, before the payload (RFC 4253 §6). Bytes. */
const headerBytes = 5;
/** Smaller packets cost no more than this would. Bytes of payload. */
const worthwhile = 8 << 10;
const maxKept = 16;

export interface SpentPacket {
  readonly bytes: Buffer;
  readonly header: Buffer;
  readonly payloadBytes: number;
}

/**
 * Packets that have left, to be filled again. A bulk transfer sends packets of one size; a new buffer for each of them
 * would have the garbage collector look through the whole process for every few hundred. Belongs to one cipher, which
 * decides how a packet is laid out.
 */
export class PacketMemory {
  #kept: SpentPacket[] = [];
  #size = 0;
  #lastSize = 0;
  #used = false;

  constructor(readonly cipher: unknown) {}

  /** A packet with everything but its payload, made by `alloc` when none is left. Undefined: not worth it. */
  take(payloadBytes: number, alloc: () => Buffer): SpentPacket | undefined {
    if (payloadBytes < worthwhile) return undefined;
    this.#used = true;
    // Two of a size in a row: there will be more of them.
    if (payloadBytes !== this.#size && payloadBytes === this.#lastSize) {
      this.#size = payloadBytes;
      this.#kept = [];
    }
    this.#lastSize = payloadBytes;
    if (payloadBytes !== this.#size) return undefined;
    const kept = this.#kept.pop();
    if (kept) return renewed(kept);
    const bytes = alloc();
    return { bytes, header: Buffer.from(bytes.subarray(0, headerBytes)), payloadBytes };
  }

  /** Nobody reads this packet any more. */
  give(packet: SpentPacket): void {
    if (packet.payloadBytes === this.#size && this.#kept.length < maxKept) this.#kept.push(packet);
  }

  /** Called every few seconds: whoever sends nothing large keeps nothing. */
  age(): void {
    if (!this.#used) this.#kept = [];
    this.#used = false;
  }
}

/** Its header and padding were encrypted where they are. */
function renewed(packet: SpentPacket): SpentPacket {
  const { bytes, header, payloadBytes } = packet;
  bytes.set(header);
  randomFillSync(bytes, headerBytes + payloadBytes, header[headerBytes - 1]!);
  return packet;
}
