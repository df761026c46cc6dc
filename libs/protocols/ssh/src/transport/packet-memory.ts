import { randomFillSync } from 'node:crypto';

/** Length of the packet and of its padding, before the payload (RFC 4253 §6). Bytes. */
const headerBytes = 5;
/** Smaller packets cost no more than this would. Bytes of payload. */
const worthwhile = 8 << 10;
/** Of one packet with 32 kB of data, the largest that channels send. Bytes. */
const pieceBytes = (32 << 10) + 256;
/** A socket is filled again before what it was filled with comes back: two full send buffers. */
const maxKept = 34;
/** Padding depends on the payload's size modulo the cipher's block: no block is larger than this. Bytes. */
const period = 256;

export interface Packet {
  readonly bytes: Buffer;
  readonly memory: Buffer;
}

interface Layout {
  readonly padding: number;
  /** All that is not payload, the cipher's own room behind the padding included. */
  readonly overhead: number;
}

/**
 * Packets are made in memory that others have left: a new buffer for each of them would have the garbage collector look
 * through the whole process for every few hundred. Belongs to one cipher, which decides how a packet is laid out.
 */
export class PacketMemory {
  #free: Buffer[] = [];
  readonly #layouts = new Map<number, Layout>();
  #used = false;

  /** @param alloc makes a packet for a payload of so many bytes, complete but for that */
  constructor(
    readonly cipher: unknown,
    private readonly alloc: (payloadBytes: number) => Buffer,
  ) {}

  /** A packet with everything but its payload. Undefined: not worth it. */
  take(payloadBytes: number): Packet | undefined {
    if (payloadBytes < worthwhile) return undefined;
    const { padding, overhead } = this.#layout(payloadBytes % period);
    const length = payloadBytes + overhead;
    if (length > pieceBytes) return undefined;
    this.#used = true;
    const memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
    const bytes = memory.subarray(0, length);
    bytes.writeUInt32BE(1 + payloadBytes + padding);
    bytes[headerBytes - 1] = padding;
    addPadding(bytes, headerBytes + payloadBytes, padding);
    return { bytes, memory };
  }

  /** Nobody reads this packet any more. */
  give({ memory }: Packet): void {
    if (this.#free.length < maxKept) this.#free.push(memory);
  }

  /** Called every few seconds: whoever sends nothing large keeps nothing. */
  age(): void {
    if (!this.#used) this.#free = [];
    this.#used = false;
  }

  #layout(rest: number): Layout {
    let layout = this.#layouts.get(rest);
    if (!layout) {
      const sample = this.alloc(rest);
      layout = { padding: sample[headerBytes - 1]!, overhead: sample.length - rest };
      this.#layouts.set(rest, layout);
    }
    return layout;
  }
}

const random = Buffer.allocUnsafeSlow(8 << 10);
let randomAt = random.length;

/** Random bytes of which each is used once: fetched one packet at a time they cost as much as encrypting it. */
function addPadding(packet: Buffer, at: number, bytes: number): void {
  if (randomAt + bytes > random.length) {
    randomFillSync(random);
    randomAt = 0;
  }
  packet.set(random.subarray(randomAt, randomAt + bytes), at);
  randomAt += bytes;
}
