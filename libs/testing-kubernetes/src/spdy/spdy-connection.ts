import { Duplex } from 'node:stream';
import { HeaderCodec, uint32 } from './header-codec.js';
import type { SpdyHeaders } from './header-codec.js';

const version = 3;
const types = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;
const fin = 0x01;
const maxFrameBytes = 1 << 20;
/** Data frames are no longer than the pieces kubectl's own library writes. */
const chunkBytes = 32 * 1024;

/** One stream: a duplex whose end in one direction is FIN. */
export class SpdyStream extends Duplex {
  constructor(
    private readonly connection: SpdyConnection,
    readonly id: number,
    readonly headers: SpdyHeaders,
  ) {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    // Frames are pushed as they come: the peers of this protocol keep no windows.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    for (let i = 0; i < chunk.length; i += chunkBytes) {
      this.connection.sendData(this.id, chunk.subarray(i, i + chunkBytes), 0);
    }
    this.connection.sent().then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.connection.sendData(this.id, Buffer.alloc(0), fin);
    this.connection.sent().then(() => done(), done);
  }
}

/** The server's side of SPDY/3.1, as far as exec, attach and port-forward use it. */
export class SpdyConnection {
  readonly #codec = new HeaderCodec();
  readonly #streams = new Map<number, SpdyStream>();
  #pending = Buffer.alloc(0);
  #incoming: Promise<void> = Promise.resolve();
  #outgoing: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param onStream called for each stream the client opens, once it is answered */
  constructor(
    private readonly transport: Duplex,
    private readonly onStream: (stream: SpdyStream) => void,
    private readonly onClose: () => void = () => undefined,
  ) {
    transport.on('data', (chunk: Buffer) => {
      this.#incoming = this.#incoming.then(() => this.#receive(chunk)).catch(() => this.#end());
    });
    transport.on('error', () => this.#end());
    transport.on('end', () => this.#end());
    transport.on('close', () => this.#end());
  }

  sendData(id: number, payload: Buffer, flags: number): void {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(id, 0);
    head.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
    this.#send(() => Promise.resolve(Buffer.concat([head, payload])));
  }

  /** Resolves when everything sent so far is written. */
  sent(): Promise<void> {
    return this.#outgoing;
  }

  /** Says that no more streams are taken and ends the transport. */
  async close(): Promise<void> {
    this.#send(() => Promise.resolve(control(types.goAway, 0, Buffer.concat([uint32(0), uint32(0)]))));
    await this.#outgoing;
    this.transport.end();
  }

  #send(frame: () => Promise<Buffer>): void {
    // One after the other: compressed headers depend on the order.
    this.#outgoing = this.#outgoing.then(async () => {
      const bytes = await frame();
      if (this.#closed || this.transport.writableEnded || this.transport.destroyed) return;
      if (!this.transport.write(bytes)) await drained(this.transport);
    });
  }

  async #receive(chunk: Buffer): Promise<void> {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      if (this.#pending.length < 8) return;
      const length = this.#pending.readUInt32BE(4) & 0xffffff;
      if (length > maxFrameBytes) throw new Error('frame too long');
      if (this.#pending.length < 8 + length) return;
      const head = this.#pending.readUInt32BE(0);
      const flags = this.#pending.readUInt8(4);
      const payload = this.#pending.subarray(8, 8 + length);
      this.#pending = this.#pending.subarray(8 + length);
      if (head >>> 31) await this.#control(head & 0xffff, flags, payload);
      else this.#data(head & 0x7fffffff, flags, payload);
    }
  }

  async #control(type: number, flags: number, payload: Buffer): Promise<void> {
    if (type === types.synStream) {
      const id = payload.readUInt32BE(0) & 0x7fffffff;
      const stream = new SpdyStream(this, id, await this.#codec.decode(payload.subarray(10)));
      this.#streams.set(id, stream);
      stream.on('error', () => undefined);
      stream.on('close', () => this.#streams.delete(id));
      if (flags & fin) stream.push(null);
      this.#send(async () =>
        control(types.synReply, 0, Buffer.concat([uint32(id), await this.#codec.encode(new Map())])),
      );
      this.onStream(stream);
    } else if (type === types.headers || type === types.synReply) {
      // Decoded for the sake of the compression state alone.
      await this.#codec.decode(payload.subarray(4));
    } else if (type === types.rstStream) {
      this.#streams.get(payload.readUInt32BE(0) & 0x7fffffff)?.destroy();
    } else if (type === types.ping) {
      this.#send(() => Promise.resolve(control(types.ping, 0, Buffer.from(payload))));
    }
  }

  #data(id: number, flags: number, payload: Buffer): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (payload.length) stream.push(Buffer.from(payload));
    if (flags & fin) stream.push(null);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) stream.destroy();
    this.transport.destroy();
    this.#codec.close();
    this.onClose();
  }
}

function control(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE((((0x8000 | version) << 16) | type) >>> 0, 0);
  head.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
  return Buffer.concat([head, payload]);
}

function drained(transport: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      transport.off('drain', done);
      transport.off('close', done);
      resolve();
    };
    transport.on('drain', done);
    transport.on('close', done);
  });
}
