import { WireFault, type BodyReader, type BodySink } from '../message.js';

/** Where a request body is written. */
export interface UploadTarget {
  /** False: wait for `drained` before writing more. */
  write(chunk: Buffer): boolean;
  end(): void;
}

export interface UploadOwner {
  /** Bytes moved. */
  progress(): void;
  /** The body is not what its head announces; the upstream must not take it for whole. */
  broken(fault: WireFault): void;
}

/** Moves a streaming request body to an upstream, no faster than the upstream takes it. */
export class Upload implements BodySink {
  #state: 'open' | 'done' | 'stopped' = 'open';
  #waiting = false;
  #remaining: number | undefined;

  /** @param length bytes that the head of the request announces */
  constructor(
    private readonly target: UploadTarget,
    private readonly reader: BodyReader,
    length: number | undefined,
    private readonly owner: UploadOwner,
  ) {
    this.#remaining = length;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  start(): void {
    this.reader.start(this);
  }

  data(chunk: Buffer): void {
    if (this.#state !== 'open' || chunk.length === 0) return;
    if (this.#remaining !== undefined && (this.#remaining -= chunk.length) < 0) {
      this.owner.broken(new WireFault('request-length', 'the body of the request is longer than announced', 400));
      return;
    }
    this.owner.progress();
    if (this.target.write(chunk) || this.#waiting) return;
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
    this.target.end();
    this.owner.progress();
  }

  error(fault: WireFault): void {
    if (this.#state === 'open') this.owner.broken(fault);
  }

  /** The target has room again. */
  drained(): void {
    if (!this.#waiting || this.#state !== 'open') return;
    this.#waiting = false;
    this.owner.progress();
    this.reader.resume();
  }

  /** Nothing more is written or asked for. */
  stop(): void {
    if (this.#state !== 'open') return;
    this.#state = 'stopped';
    this.reader.cancel();
  }
}
