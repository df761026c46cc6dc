import type { Duplex } from 'node:stream';
import { corkForTurn, type Holder } from '@sallyport/wire-kit';
import { Deadline } from './deadline.js';

/** Bytes handed to the socket at a time: how progress is measured on a large answer. */
const sliceBytes = 64 * 1024;

/** Writes to a socket in order, and notices a client that takes nothing. */
export class SocketSender {
  #waiting: Buffer[] = [];
  /** Bytes, ever. */
  #written = 0;
  #blocked = false;
  #ending = false;
  #onDrain: (() => void) | undefined;
  readonly #stall: Deadline;
  readonly #drained = (): void => this.#continue();

  /** @param stalled called when nothing was taken for `stallMs` milliseconds although something waits */
  constructor(
    private readonly socket: Duplex,
    private readonly stallMs: number,
    stalled: () => void,
  ) {
    this.#stall = new Deadline(stalled);
    socket.on('drain', this.#drained);
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  /**
   * Who needs what was written until now. A socket counts what it has until the system, or TLS, has taken it over; an HTTP/2
   * stream until it is in its frames. Both are done with it in the order in which it came.
   */
  holder(): Holder | undefined {
    if (this.#backlog() === 0) return undefined;
    const written = this.#written;
    return () => this.#written - this.#backlog() < written;
  }

  /** False: more waits than the socket takes. */
  write(bytes: Buffer): boolean {
    this.#written += bytes.length;
    if (this.#blocked) {
      this.#waiting.push(bytes);
      return false;
    }
    if (bytes.length <= sliceBytes) {
      corkForTurn(this.socket, bytes.length);
      if (!this.socket.write(bytes)) this.#block();
      return !this.#blocked;
    }
    this.#waiting.push(bytes);
    this.#flush();
    return !this.#blocked;
  }

  /** As `write` for one after the other, in a single call of the system where the socket takes them. */
  writeTogether(pieces: readonly Buffer[]): boolean {
    if (this.#blocked || pieces.some(({ length }) => length > sliceBytes)) {
      for (const piece of pieces) this.write(piece);
      return !this.#blocked;
    }
    this.socket.cork();
    let flowing = true;
    for (const piece of pieces) {
      this.#written += piece.length;
      flowing = this.socket.write(piece);
    }
    this.socket.uncork();
    if (!flowing) this.#block();
    return flowing;
  }

  /** Called whenever all that waited is gone. One listener at a time. */
  onDrain(listener: (() => void) | undefined): void {
    this.#onDrain = listener;
  }

  /** Sends what waits, then ends the writing side. */
  end(): void {
    this.#ending = true;
    if (!this.#blocked) this.socket.end();
  }

  /** Leaves the socket to somebody else. */
  close(): void {
    this.#stall.close();
    this.#waiting = [];
    this.#onDrain = undefined;
    this.socket.off('drain', this.#drained);
  }

  /** Bytes that wait here or in the socket. */
  #backlog(): number {
    return this.#waiting.reduce((sum, { length }) => sum + length, this.socket.writableLength);
  }

  #block(): void {
    this.#blocked = true;
    this.#stall.set(this.stallMs);
  }

  #continue(): void {
    this.#blocked = false;
    this.#stall.clear();
    this.#flush();
    if (this.#blocked) return;
    if (this.#ending) this.socket.end();
    else this.#onDrain?.();
  }

  #flush(): void {
    while (!this.#blocked) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next.length > sliceBytes) this.#waiting.unshift(next.subarray(sliceBytes));
      if (!this.socket.write(next.subarray(0, sliceBytes))) this.#block();
    }
  }
}
