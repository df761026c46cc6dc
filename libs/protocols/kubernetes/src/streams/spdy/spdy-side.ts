import type { Tunnel } from '@sallyport/http-wire';
import { SpdyFrameReader, type SpdySink } from './frame-reader.js';
import { SpdyFrameWriter } from './frame-writer.js';

export interface SpdySideEvents {
  /** Everything that came in one piece has been handed to the sink. */
  settled(): void;
  drain(): void;
  /** Once: the other end sends no more, or the connection is gone. */
  ended(): void;
  /** What the sink or the reader threw. */
  failed(error: unknown): void;
}

/** How much may wait for an end that asks for answers and does not read them. Bytes. */
const maxWaiting = 1024 * 1024;

/** One end of SPDY/3.1 on a connection: reads what comes, writes frames. Pings are answered here, and never carried on. */
export class SpdySide {
  readonly frames = new SpdyFrameWriter();
  readonly #tunnel: Tunnel;
  readonly #events: SpdySideEvents;
  readonly #reader: SpdyFrameReader;
  #ended = false;

  /** @param ownPings parity of the ids that pings of this end's own would have: those are no questions */
  constructor(tunnel: Tunnel, ownPings: 0 | 1, sink: Omit<SpdySink, 'ping'>, events: SpdySideEvents) {
    this.#tunnel = tunnel;
    this.#events = events;
    this.#reader = new SpdyFrameReader({
      ...sink,
      ping: (id) => {
        if (id % 2 === ownPings) return;
        if (tunnel.writableLength > maxWaiting) throw new Error('pings are not read');
        this.write(this.frames.ping(id));
      },
    });
    tunnel.on('data', (chunk: Buffer) => this.#receive(chunk));
    tunnel.on('drain', () => events.drain());
    tunnel.on('error', () => this.#end());
    tunnel.on('end', () => this.#end());
    tunnel.on('close', () => this.#end());
  }

  get open(): boolean {
    return !this.#ended;
  }

  /** False: wait for `drain`. */
  write(frame: Buffer): boolean {
    return this.#tunnel.writableEnded || this.#tunnel.destroyed || this.#tunnel.write(frame);
  }

  pause(): void {
    this.#tunnel.pause();
  }
  resume(): void {
    this.#tunnel.resume();
  }
  cork(): void {
    this.#tunnel.cork();
  }
  uncork(): void {
    this.#tunnel.uncork();
  }

  /** Sends what waits, then ends the connection, at the latest after so many milliseconds. */
  end(withinMs: number): void {
    this.#tunnel.end();
    this.#tunnel.resume();
    if (this.#tunnel.destroyed) return;
    const timer = setTimeout(() => this.#tunnel.destroy(), withinMs).unref();
    this.#tunnel.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.#ended = true;
    this.#tunnel.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      return this.#events.failed(error);
    }
    this.#events.settled();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.ended();
  }
}
