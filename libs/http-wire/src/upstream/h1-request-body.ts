import type { Socket } from 'node:net';
import { frameChunk, lastChunk } from '../h1/chunk-frame.js';
import { WireFault, type BodyReader, type BodySink } from '../message.js';

export interface UploadOwner {
  /** Bytes moved. */
  progress(): void;
  /** The body is not what its head announces; the upstream must not take it for whole. */
  broken(fault: WireFault): void;
}

const crlf = Buffer.from('\r\n');
/** Below this, copying a chunk into its frame is cheaper than handing three pieces to the kernel. */
const copyBelow = 4096;

/** Writes a streaming request body onto an HTTP/1.1 connection, no faster than the upstream takes it. */
export class H1RequestBody implements BodySink {
  #state: 'open' | 'done' | 'stopped' = 'open';
  #waiting = false;
  #remaining: number | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly reader: BodyReader,
    length: number | undefined,
    private readonly owner: UploadOwner,
  ) {
    this.#remaining = length;
    reader.start(this);
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  data(chunk: Buffer): void {
    if (this.#state !== 'open' || chunk.length === 0) return;
    if (this.#remaining !== undefined && (this.#remaining -= chunk.length) < 0) {
      this.owner.broken(new WireFault('request-length', 'the body of the request is longer than announced', 400));
      return;
    }
    this.owner.progress();
    const flowing = this.#remaining === undefined ? this.#writeChunk(chunk) : this.socket.write(chunk);
    if (flowing || this.#waiting) return;
    this.#waiting = true;
    this.reader.pause();
  }

  end(): void {
    if (this.#state !== 'open') return;
    if (this.#remaining !== undefined && this.#remaining > 0) {
      this.owner.broken(new WireFault('request-length', 'the body of the request is shorter than announced', 400));
      return;
    }
    this.#state = 'done';
    if (this.#remaining === undefined) this.socket.write(lastChunk);
    this.owner.progress();
  }

  error(fault: WireFault): void {
    if (this.#state === 'open') this.owner.broken(fault);
  }

  /** The socket has room again. */
  drained(): void {
    if (!this.#waiting || this.#state !== 'open') return;
    this.#waiting = false;
    this.owner.progress();
    this.reader.resume();
  }

  stop(): void {
    if (this.#state !== 'open') return;
    this.#state = 'stopped';
    this.reader.cancel();
  }

  #writeChunk(chunk: Buffer): boolean {
    if (chunk.length < copyBelow) return this.socket.write(frameChunk(chunk));
    this.socket.cork();
    this.socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    this.socket.write(chunk);
    const flowing = this.socket.write(crlf);
    this.socket.uncork();
    return flowing;
  }
}
