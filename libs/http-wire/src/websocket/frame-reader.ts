import { isUtf8 } from 'node:buffer';
import { applyMask, maxControlBytes, opcodes, WebSocketFault, type Opcode } from './frame.js';

export interface FrameSink {
  /** A whole message, put together from its fragments. The bytes belong to the receiver. */
  message(data: Buffer, text: boolean): void;
  control(opcode: Opcode, payload: Buffer): void;
}

export interface FrameRules {
  /** Whether the sender must mask (a client) or must not (a server); RFC 6455 section 5.1. */
  readonly masked: boolean;
  /** Bytes of a message, all fragments together. */
  readonly maxMessageBytes: number;
}

interface Frame {
  readonly fin: boolean;
  readonly opcode: Opcode;
  readonly key: Buffer | undefined;
  readonly length: number;
  read: number;
}

const known: ReadonlySet<number> = new Set(Object.values(opcodes));
/** Of what a head announces, how much is set aside before it comes. Bytes. */
const maxSetAside = 65_536;
const isControl = (opcode: number): boolean => opcode >= opcodes.close;

/**
 * Bytes of one direction of a WebSocket → messages and control frames, strictly RFC 6455 without extensions. Memory stays
 * within the message so far: of what a head announces little is set aside before it comes. Throws WebSocketFault, after which
 * nothing more may be pushed.
 */
export class FrameReader {
  readonly #rules: FrameRules;
  readonly #sink: FrameSink;
  readonly #head = Buffer.alloc(14);
  #headBytes = 0;
  #frame: Frame | undefined;
  /** Of the message under way: opcode of its first fragment. */
  #message: Opcode | undefined;
  readonly #gathered = new GrowingBuffer();
  readonly #control = new GrowingBuffer();

  constructor(rules: FrameRules, sink: FrameSink) {
    this.#rules = rules;
    this.#sink = sink;
  }

  /** The chunk belongs to the reader: it is unmasked in place and handed on in parts. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const frame = this.#frame;
      if (!frame) {
        at = this.#readHead(chunk, at);
        continue;
      }
      const part = chunk.subarray(at, at + frame.length - frame.read);
      if (frame.key) applyMask(part, frame.key, frame.read);
      frame.read += part.length;
      at += part.length;
      this.#payload(frame, part);
    }
  }

  #readHead(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length) {
      this.#head[this.#headBytes++] = chunk[at++]!;
      if (this.#headBytes === 2) this.#checkStart();
      if (this.#headBytes >= 2 && this.#headBytes === this.#headNeeded()) {
        this.#headBytes = 0;
        this.#begin();
        return at;
      }
    }
    return at;
  }

  #headNeeded(): number {
    const short = this.#head[1]! & 0x7f;
    return 2 + (short === 127 ? 8 : short === 126 ? 2 : 0) + (this.#rules.masked ? 4 : 0);
  }

  /** What the first two bytes tell, before anything after them is waited for. */
  #checkStart(): void {
    const [first, second] = [this.#head[0]!, this.#head[1]!];
    const opcode = first & 0x0f;
    const fin = (first & 0x80) !== 0;
    if ((first & 0x70) !== 0) throw new WebSocketFault(1002, 'a reserved bit is set, and no extension was agreed');
    if (!known.has(opcode)) throw new WebSocketFault(1002, 'a frame has an unknown opcode');
    if (((second & 0x80) !== 0) !== this.#rules.masked) {
      throw new WebSocketFault(1002, this.#rules.masked ? 'a frame is not masked' : 'a frame is masked');
    }
    if (isControl(opcode)) {
      if (!fin) throw new WebSocketFault(1002, 'a control frame is fragmented');
      if ((second & 0x7f) > maxControlBytes) throw new WebSocketFault(1002, 'a control frame is too long');
    } else if ((opcode === opcodes.continuation) !== (this.#message !== undefined)) {
      throw new WebSocketFault(1002, 'fragments of messages are out of order');
    }
  }

  #begin(): void {
    const head = this.#head;
    const opcode = (head[0]! & 0x0f) as Opcode;
    const length = this.#length();
    if (!isControl(opcode) && this.#gathered.length + length > this.#rules.maxMessageBytes) {
      throw new WebSocketFault(1009, 'a message is too big');
    }
    const end = this.#headNeeded();
    const key = this.#rules.masked ? Buffer.from(head.subarray(end - 4, end)) : undefined;
    this.#frame = { fin: (head[0]! & 0x80) !== 0, opcode, key, length, read: 0 };
    if (opcode === opcodes.text || opcode === opcodes.binary) this.#message = opcode;
    if (length === 0) this.#payload(this.#frame, Buffer.alloc(0));
  }

  #length(): number {
    const short = this.#head[1]! & 0x7f;
    if (short < 126) return short;
    const length = short === 126 ? this.#head.readUInt16BE(2) : Number(this.#head.readBigUInt64BE(2));
    if (length <= (short === 126 ? maxControlBytes : 0xffff)) {
      throw new WebSocketFault(1002, 'a length is not in its shortest form');
    }
    return length;
  }

  #payload(frame: Frame, part: Buffer): void {
    const complete = frame.read === frame.length;
    if (complete) this.#frame = undefined;
    if (isControl(frame.opcode)) {
      this.#control.append(part);
      if (complete) this.#sink.control(frame.opcode, this.#control.take());
      return;
    }
    const left = Math.min(frame.length - frame.read, maxSetAside);
    if (!complete || !frame.fin || this.#gathered.length > 0) this.#gathered.append(part, left);
    if (!complete || !frame.fin) return;
    const text = this.#message === opcodes.text;
    const message = this.#gathered.length > 0 ? this.#gathered.take() : part;
    this.#message = undefined;
    if (text && !isUtf8(message)) throw new WebSocketFault(1007, 'a text message is not UTF-8');
    this.#sink.message(message, text);
  }
}

/** Contiguous, doubling: a message that comes in single bytes costs no more than one that comes whole. */
class GrowingBuffer {
  #bytes = Buffer.alloc(0);
  length = 0;

  /** @param expected bytes that will follow these */
  append(part: Buffer, expected = 0): void {
    if (this.length + part.length > this.#bytes.length) {
      const needed = this.length + part.length + expected;
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, 256));
      this.#bytes.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
    }
    this.length += part.copy(this.#bytes, this.length);
  }

  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length);
    this.#bytes = Buffer.alloc(0);
    this.length = 0;
    return taken;
  }
}
