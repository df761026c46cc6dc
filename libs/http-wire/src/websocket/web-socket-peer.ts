import type { Tunnel } from '../message.js';
import { isUtf8 } from 'node:buffer';
import {
  isCloseCode,
  maskedFrame,
  maxControlBytes,
  opcodes,
  plainFrame,
  WebSocketFault,
  type Opcode,
} from './frame.js';
import { FrameReader } from './frame-reader.js';

export interface WebSocketOptions {
  /** Which end this is: a server reads masked frames and sends plain ones, a client the other way round. */
  readonly role: 'server' | 'client';
  /** Bytes of a message, default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** From our close frame to the end of the connection, milliseconds. */
  readonly closeTimeoutMs?: number;
  /** A peer silent this long is asked for a sign of life, and given up when silent as long again. Milliseconds; 0: never. */
  readonly keepAliveMs?: number;
}

export interface WebSocketEnd {
  /** As in a close frame; 1005: there was one without a code, 1006: there was none (RFC 6455 section 7.4.1). */
  readonly code: number;
  readonly reason: string;
  /** Who or what ended it: the peer's close frame, the connection, or a breach of the protocol by the peer. */
  readonly by: 'peer' | 'connection' | 'fault';
}

export interface WebSocketEvents {
  message(data: Buffer, text: boolean): void;
  /** What had come in one piece has all been handed over. */
  settled?(): void;
  /** May send again after `send` said false. */
  drain?(): void;
  /** Once. No message follows. A close frame was answered, the connection is being ended. */
  closed(end: WebSocketEnd): void;
}

/**
 * One end of a WebSocket after its handshake. Messages are whole; pings are answered here, and never carried on. Sending
 * after `close` does nothing. What `events.message` throws is not caught: whoever listens must not throw.
 */
export class WebSocketPeer {
  readonly #tunnel: Tunnel;
  readonly #events: WebSocketEvents;
  readonly #reader: FrameReader;
  readonly #frame: (opcode: Opcode, parts: readonly Buffer[]) => Buffer;
  readonly #closeTimeoutMs: number;
  #timer: NodeJS.Timeout | undefined;
  #closeSent = false;
  #closed = false;
  #full = false;
  #paused = false;
  /** The newest ping not answered yet because the peer does not read (RFC 6455 section 5.5.3 asks for no other). */
  #unanswered: Buffer | undefined;
  #heard = true;
  #asked = false;

  constructor(tunnel: Tunnel, options: WebSocketOptions, events: WebSocketEvents) {
    this.#tunnel = tunnel;
    this.#events = events;
    this.#frame = options.role === 'client' ? maskedFrame : plainFrame;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 2_000;
    const rules = { masked: options.role === 'server', maxMessageBytes: options.maxMessageBytes ?? 16 * 1024 * 1024 };
    this.#reader = new FrameReader(rules, {
      message: (data, text) => {
        if (!this.#closed && !this.#closeSent) this.#events.message(data, text);
      },
      control: (opcode, payload) => this.#control(opcode, payload),
    });
    tunnel.on('data', (chunk: Buffer) => this.#receive(chunk));
    tunnel.on('drain', () => this.#drained());
    tunnel.on('error', () => this.#lost());
    tunnel.on('end', () => this.#lost());
    tunnel.on('close', () => this.#lost());
    const keepAliveMs = options.keepAliveMs ?? 30_000;
    if (keepAliveMs > 0) this.#timer = setInterval(() => this.#checkLife(), keepAliveMs).unref();
  }

  /** False: wait for `drain` before sending more. */
  send(parts: Buffer | readonly Buffer[], text = false): boolean {
    if (this.#closeSent || this.#closed) return true;
    const opcode = text ? opcodes.text : opcodes.binary;
    return this.#write(this.#frame(opcode, Buffer.isBuffer(parts) ? [parts] : parts));
  }

  /** Holds back what is sent until `uncork`. */
  cork(): void {
    this.#tunnel.cork();
  }

  uncork(): void {
    this.#tunnel.uncork();
  }

  /** Says goodbye; the connection ends when the peer has answered, or when the time for that is over. `reason`: cut to fit. */
  close(code: number, reason = ''): void {
    if (this.#closeSent || this.#closed) return;
    this.#sendClose(code, reason);
    this.resume();
    this.#endWithin(this.#closeTimeoutMs);
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.#closeSent = true;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#tunnel.destroy();
  }

  pause(): void {
    if (this.#closed || this.#closeSent) return;
    this.#paused = true;
    this.#tunnel.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#tunnel.resume();
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#heard = true;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof WebSocketFault)) throw error;
      return this.#breach(error);
    }
    this.#events.settled?.();
  }

  #control(opcode: Opcode, payload: Buffer): void {
    if (this.#closed) return;
    if (opcode === opcodes.close) return this.#peerCloses(payload);
    if (opcode !== opcodes.ping || this.#closeSent) return;
    if (this.#full) this.#unanswered = payload;
    else this.#write(this.#frame(opcodes.pong, [payload]));
  }

  #peerCloses(payload: Buffer): void {
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    const reason = payload.subarray(2);
    if (payload.length === 1 || (payload.length >= 2 && !isCloseCode(code))) {
      throw new WebSocketFault(1002, 'a close frame has a code that may not be sent');
    }
    if (!isUtf8(reason)) throw new WebSocketFault(1007, 'the reason of a close frame is not UTF-8');
    if (!this.#closeSent) this.#sendClose(code, '');
    this.#finish({ code, reason: reason.toString('utf8'), by: 'peer' });
  }

  #breach(fault: WebSocketFault): void {
    if (!this.#closeSent) this.#sendClose(fault.code, fault.message);
    this.#finish({ code: fault.code, reason: fault.message, by: 'fault' });
  }

  #lost(): void {
    this.#closeSent = true;
    this.#finish({ code: 1006, reason: '', by: 'connection' });
  }

  #finish(end: WebSocketEnd): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#tunnel.end();
    this.#tunnel.resume();
    this.#endWithin(this.#closeTimeoutMs);
    this.#events.closed(end);
  }

  #endWithin(milliseconds: number): void {
    clearInterval(this.#timer);
    this.#timer = setTimeout(() => this.#tunnel.destroy(), milliseconds).unref();
    if (this.#tunnel.destroyed) clearTimeout(this.#timer);
    else this.#tunnel.once('close', () => clearTimeout(this.#timer));
  }

  #sendClose(code: number, reason: string): void {
    this.#closeSent = true;
    const payload = Buffer.alloc(code === 1005 ? 0 : 2);
    if (code !== 1005) payload.writeUInt16BE(code);
    this.#write(this.#frame(opcodes.close, [payload, shortened(reason, maxControlBytes - payload.length)]));
  }

  #write(frame: Buffer): boolean {
    if (this.#tunnel.writableEnded || this.#tunnel.destroyed) return true;
    this.#full = !this.#tunnel.write(frame);
    return !this.#full;
  }

  #drained(): void {
    this.#full = false;
    const ping = this.#unanswered;
    this.#unanswered = undefined;
    if (ping && !this.#closeSent) this.#write(this.#frame(opcodes.pong, [ping]));
    if (!this.#closed) this.#events.drain?.();
  }

  #checkLife(): void {
    if (this.#paused || this.#heard) {
      this.#heard = false;
      this.#asked = false;
      return;
    }
    if (this.#asked) {
      this.#tunnel.destroy();
      return this.#lost();
    }
    this.#asked = true;
    if (!this.#full) this.#write(this.#frame(opcodes.ping, []));
  }
}

/** UTF-8 of at most so many bytes, cut between characters. */
function shortened(text: string, limit: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return bytes;
  let end = limit;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
