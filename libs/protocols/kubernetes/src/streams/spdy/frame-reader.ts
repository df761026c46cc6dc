import { HeaderBlockReader, maxHeaderBytes, type SpdyHeaders } from './header-block.js';
import { SpdyFault } from './spdy-fault.js';

/** SPDY/3.1 draft, section 2.6. */
export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export interface SpdySink {
  synStream(id: number, fin: boolean, headers: SpdyHeaders): void;
  synReply(id: number, fin: boolean, headers: SpdyHeaders): void;
  rstStream(id: number, status: number): void;
  settings(entries: readonly SpdySetting[]): void;
  ping(id: number): void;
  goAway(lastGoodId: number, status: number): void;
  windowUpdate(id: number, delta: number): void;
  /** A part of a data frame; `fin` with its last. */
  data(id: number, bytes: Buffer, fin: boolean): void;
}
export interface SpdySetting {
  readonly id: number;
  readonly value: number;
}

const maxSettings = 64;
const maxControlBytes = maxHeaderBytes + 10;

/**
 * Bytes of one direction → frames. Data is handed on as it comes, so only control frames take memory, and those are bounded.
 * Throws SpdyFault, after which nothing more may be pushed.
 */
export class SpdyFrameReader {
  readonly #sink: SpdySink;
  readonly #headers = new HeaderBlockReader();
  readonly #head = Buffer.alloc(8);
  #headBytes = 0;
  /** Of the frame under way: bytes still to come. */
  #left = 0;
  #control: Buffer | undefined;
  #controlBytes = 0;

  constructor(sink: SpdySink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headBytes < 8) {
        const taken = chunk.copy(this.#head, this.#headBytes, at, at + 8 - this.#headBytes);
        this.#headBytes += taken;
        at += taken;
        if (this.#headBytes === 8) this.#begin();
        continue;
      }
      const part = chunk.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      this.#payload(part);
    }
  }

  get #isControl(): boolean {
    return (this.#head[0]! & 0x80) !== 0;
  }
  get #flags(): number {
    return this.#head[4]!;
  }

  #begin(): void {
    this.#left = this.#head.readUIntBE(5, 3);
    if (this.#isControl) {
      if (this.#head.readUInt16BE(0) !== 0x8003) throw new SpdyFault('a frame is not of SPDY version 3');
      if (this.#left > maxControlBytes) throw new SpdyFault('a control frame is too long');
      this.#control = Buffer.alloc(this.#left);
      this.#controlBytes = 0;
    } else {
      if (this.#head.readUInt32BE(0) === 0) throw new SpdyFault('data is for no stream');
      if ((this.#flags & ~1) !== 0) throw new SpdyFault('a data frame has unknown flags');
    }
    if (this.#left === 0) this.#payload(Buffer.alloc(0));
  }

  #payload(part: Buffer): void {
    const complete = this.#left === 0;
    if (complete) this.#headBytes = 0;
    if (!this.#control) {
      return this.#sink.data(this.#head.readUInt32BE(0), part, complete && this.#flags === 1);
    }
    this.#controlBytes += part.copy(this.#control, this.#controlBytes);
    if (!complete) return;
    const payload = this.#control;
    this.#control = undefined;
    this.#frame(this.#head.readUInt16BE(2), this.#flags, payload);
  }

  #frame(type: number, flags: number, payload: Buffer): void {
    switch (type) {
      case frameTypes.synStream:
        return this.#synStream(flags, payload);
      case frameTypes.synReply:
        if ((flags & ~1) !== 0 || payload.length < 4) throw malformed;
        return this.#sink.synReply(streamId(payload, 0), flags === 1, this.#headers.read(payload.subarray(4)));
      case frameTypes.rstStream:
        if (flags !== 0 || payload.length !== 8 || payload.readUInt32BE(4) === 0) throw malformed;
        return this.#sink.rstStream(streamId(payload, 0), payload.readUInt32BE(4));
      case frameTypes.settings:
        return this.#settings(flags, payload);
      case frameTypes.ping:
        if (flags !== 0 || payload.length !== 4 || payload.readUInt32BE(0) === 0) throw malformed;
        return this.#sink.ping(payload.readUInt32BE(0));
      case frameTypes.goAway:
        if (flags !== 0 || payload.length !== 8) throw malformed;
        return this.#sink.goAway(payload.readUInt32BE(0) & 0x7fffffff, payload.readUInt32BE(4));
      case frameTypes.windowUpdate:
        if (flags !== 0 || payload.length !== 8) throw malformed;
        return this.#sink.windowUpdate(payload.readUInt32BE(0) & 0x7fffffff, payload.readUInt32BE(4) & 0x7fffffff);
      default:
        // HEADERS too: whatever Kubernetes says of a stream it says when it opens it.
        throw new SpdyFault('a control frame is of a type that is not served here');
    }
  }

  #synStream(flags: number, payload: Buffer): void {
    if (payload.length < 10) throw malformed;
    if ((flags & ~1) !== 0) throw new SpdyFault('streams of one direction are not served here');
    if (payload.readUInt32BE(4) !== 0 || payload[9] !== 0) throw new SpdyFault('dependent streams are not served here');
    this.#sink.synStream(streamId(payload, 0), flags === 1, this.#headers.read(payload.subarray(10)));
  }

  #settings(flags: number, payload: Buffer): void {
    const count = payload.length < 4 ? 0 : payload.readUInt32BE(0);
    if ((flags & ~1) !== 0 || count > maxSettings || payload.length !== 4 + count * 8) throw malformed;
    const entries = Array.from({ length: count }, (_, index) => ({
      id: payload.readUIntBE(5 + index * 8, 3),
      value: payload.readUInt32BE(8 + index * 8),
    }));
    this.#sink.settings(entries);
  }
}

const malformed = new SpdyFault('a control frame is malformed');

function streamId(payload: Buffer, at: number): number {
  const id = payload.readUInt32BE(at);
  if (id === 0 || id > 0x7fffffff) throw new SpdyFault('a frame names no stream');
  return id;
}
