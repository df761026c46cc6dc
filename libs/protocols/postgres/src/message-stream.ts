import type { Socket } from 'node:net';
import { FrameBuffer, WireError } from '@sallyport/wire-kit';
import { headerBytes } from './codec.js';

/**
 * Whole messages off a socket, one at a time, for the conversations before a session runs: slow, simple, bounded.
 * Every wait ends when the socket does or when the signal aborts.
 */
export class MessageStream {
  readonly #buffer = new FrameBuffer();
  #ended = false;
  #signal: AbortSignal | undefined;
  #wake: (() => void) | undefined;
  readonly #onData = (chunk: Buffer): void => {
    this.#buffer.push(chunk);
    this.#wake?.();
  };
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  constructor(
    readonly socket: Socket,
    signal: AbortSignal,
    readonly maxBytes: number,
  ) {
    this.#signal = signal;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onEnd);
    signal.addEventListener('abort', this.#onEnd);
  }

  /** Bytes that arrived and nobody asked for yet. */
  get buffered(): number {
    return this.#buffer.length;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The first byte, left where it is. */
  async peek(): Promise<number> {
    await this.#available(1);
    return this.#buffer.bytes[this.#buffer.offset]!;
  }

  async take(count: number): Promise<Buffer> {
    await this.#available(count);
    return this.#buffer.takeUpTo(count);
  }

  /** A message without a type byte: its length, then the rest; what is returned starts behind the length. */
  async untyped(): Promise<Buffer> {
    const length = (await this.take(4)).readInt32BE(0);
    if (length < 8 || length > this.maxBytes) throw new WireError('a startup packet of invalid length');
    return this.take(length - 4);
  }

  /** A complete message with its type byte. */
  async typed(): Promise<Buffer> {
    await this.#available(headerBytes);
    const length = this.#buffer.bytes.readInt32BE(this.#buffer.offset + 1);
    if (length < 4 || length > this.maxBytes) throw new WireError('a message of invalid length');
    return this.take(length + 1);
  }

  /** What the deadline was for is done: from here on only the socket's end ends a wait. */
  established(): void {
    this.#signal?.removeEventListener('abort', this.#onEnd);
    this.#signal = undefined;
  }

  /** Stops listening and returns what is left over; the socket is paused. */
  detach(): Buffer {
    this.socket.pause();
    const { socket } = this;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onEnd);
    this.established();
    return this.#buffer.takeAll();
  }

  async #available(count: number): Promise<void> {
    while (!this.#buffer.require(count)) {
      if (this.#ended || this.#signal?.aborted) throw new WireError('the connection ended');
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}
