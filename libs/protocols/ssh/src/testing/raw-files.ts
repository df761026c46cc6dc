import { ByteReader, ByteWriter } from '@sallyport/wire-kit';
import { frame, numbered, packet, PacketStream, strings, type Packet } from '../channels/files/packets.js';
import { channelData, channelOpen, channelRequest, readMessage } from '../connection/messages.js';
import { RawClient } from './raw-client.js';

/** A client of the file subsystem that sends what it likes when it likes. */
export class RawFiles {
  readonly #stream = new PacketStream();
  readonly #answers = new Map<number, Packet>();
  #seen = 0;
  #lastId = 0;

  private constructor(
    readonly client: RawClient,
    private readonly channel: number,
  ) {}

  /** @param window how much the gateway may send, in all. Bytes. */
  static async start(port: number, window = 1 << 30): Promise<RawFiles> {
    const client = await RawClient.login(port);
    client.send(channelOpen('session', { sender: 0, window, maxPacket: 32768 }, Buffer.alloc(0)));
    const { sender } = await client.message('opened');
    client.send(channelRequest(sender, 'subsystem', true, strings('sftp')));
    const files = new RawFiles(client, sender);
    files.sendRaw(frame(packet.init, new ByteWriter(4).uint32(3).finish()));
    await client.until((one) => readMessage(one)?.kind === 'data');
    return files;
  }

  sendRaw(bytes: Buffer): void {
    this.client.send(channelData(this.channel, bytes, false));
  }

  /** @returns the number to ask for its answer by */
  send(type: number, fields: Buffer): number {
    this.#lastId += 1;
    this.sendRaw(numbered(type, this.#lastId, fields));
    return this.#lastId;
  }

  async answer(id: number): Promise<Packet> {
    await this.client.until(() => {
      this.#collect();
      return this.#answers.has(id);
    });
    return this.#answers.get(id)!;
  }

  ask(type: number, fields: Buffer): Promise<Packet> {
    return this.answer(this.send(type, fields));
  }

  /** What has come so far on the channel. Bytes. */
  get received(): number {
    let size = 0;
    for (const payload of this.client.received) {
      const message = readMessage(payload);
      if (message?.kind === 'data') size += message.data.length;
    }
    return size;
  }

  #collect(): void {
    const { received } = this.client;
    for (; this.#seen < received.length; this.#seen += 1) {
      const message = readMessage(received[this.#seen]!);
      if (message?.kind === 'data') this.#stream.push(message.data);
    }
    for (let next = this.#stream.next(); next; next = this.#stream.next()) {
      if (next.type !== packet.version) this.#answers.set(new ByteReader(next.body).uint32(), next);
    }
  }
}

export function openFields(path: string, flags = 1): Buffer {
  return Buffer.concat([strings(path), new ByteWriter(8).uint32(flags).uint32(0).finish()]);
}

export function readFields(handle: Buffer, offset: bigint, length: number): Buffer {
  const place = new ByteWriter(12)
    .uint32(Number(offset >> 32n))
    .uint32(Number(offset & 0xffffffffn))
    .uint32(length);
  return Buffer.concat([strings(handle), place.finish()]);
}
