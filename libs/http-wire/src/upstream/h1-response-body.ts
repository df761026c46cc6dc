import type { Holder } from '@sallyport/wire-kit';
import { ChunkedDecoder } from '../h1/chunked-decoder.js';
import { LengthDecoder, type BodyDecoder } from '../h1/body-decoder.js';
import { WireFault, type BodySink } from '../message.js';
import type { SilenceableBody } from './exchange.js';
import type { BodyFraming } from './response-head.js';
import { upstreamFault } from './upstream-fault.js';

/** The connection that a body comes from. */
export interface BodySource {
  /** Stops and starts reading; called whenever what the receiver wants changes. */
  wanted(flowing: boolean): void;
  /** The body ended where it should. @param surplus bytes came behind it */
  complete(surplus: boolean): void;
  /** Nobody wants the rest. */
  abandoned(): void;
  broken(fault: WireFault): void;
}

/** A chunk that its receiver was not ready for, and who may need it afterwards. */
interface HeldChunk {
  readonly chunk: Buffer;
  holder: Holder | undefined;
}

/** The body of an HTTP/1.1 response: decodes only what its receiver is ready for, and holds back the rest of a chunk. */
export class H1ResponseBody implements SilenceableBody {
  readonly #decoder: BodyDecoder;
  #sink: BodySink | undefined;
  #state: 'waiting' | 'flowing' | 'paused' | 'over' = 'waiting';
  #held: HeldChunk[] = [];
  /** The connection ended. */
  #closed = false;
  /** All of it came, and only its receiver does not know yet. */
  #complete = false;
  #fault: WireFault | undefined;
  #scheduled = false;
  constructor(
    private readonly framing: Exclude<BodyFraming, 'none'>,
    length: number | undefined,
    private readonly source: BodySource,
  ) {
    this.#decoder = framing === 'chunked' ? new ChunkedDecoder() : new LengthDecoder(length ?? Infinity);
  }

  get started(): boolean {
    return this.#sink !== undefined;
  }

  start(sink: BodySink): void {
    if (this.#sink !== undefined) throw new Error('the body was started before');
    this.#sink = sink;
    if (this.#state !== 'waiting') return this.#schedule();
    this.#state = 'flowing';
    this.#flow();
  }

  pause(): void {
    if (this.#state !== 'flowing') return;
    this.#state = 'paused';
    if (!this.#complete) this.source.wanted(false);
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'flowing';
    this.#flow();
  }

  cancel(): void {
    if (this.#state === 'over') return;
    this.silence();
    if (!this.#complete) this.source.abandoned();
  }

  silence(): void {
    this.#state = 'over';
    this.#held = [];
    this.#fault = undefined;
  }

  /**
   * Bytes from the connection, which lends them. Throws a WireFault where they are no such body.
   * @returns who may hold them
   */
  receive(chunk: Buffer): Holder | undefined {
    if (this.#state === 'flowing' && this.#held.length === 0) {
      this.#decode(chunk);
      return this.#sink?.holder?.();
    }
    const held: HeldChunk = { chunk, holder: undefined };
    this.#held.push(held);
    if (this.#state !== 'flowing') this.source.wanted(false);
    return () => this.#held.includes(held) || held.holder?.() === true;
  }

  /** The connection ended in good order. */
  close(): void {
    this.#closed = true;
    if (this.#state === 'flowing' && this.#held.length === 0) this.#atClose();
  }

  /** What came is not whole; said at once, or as soon as somebody listens. */
  fail(fault: WireFault): void {
    if (this.#state === 'over' || this.#complete) return;
    this.silence();
    this.#fault = fault;
    if (this.#sink !== undefined) this.#tellFault();
  }

  #decode(chunk: Buffer): void {
    const used = this.#decoder.step(chunk, 0, chunk.length);
    const piece = this.#decoder.chunk;
    // Whoever does not say when it is done with it gets memory of its own.
    if (piece !== undefined) this.#sink?.data(this.#sink.holder ? piece : Buffer.from(piece));
    // The receiver may have cancelled just now.
    if (!this.#decoder.done || this.#ended()) return;
    this.#complete = true;
    this.source.complete(used < chunk.length || this.#held.length > 0);
    if (this.#state === 'flowing') this.#finish();
  }

  #ended(): boolean {
    return this.#state === 'over';
  }

  #flow(): void {
    if (this.#held.length > 0 || this.#complete || this.#closed) this.#schedule();
    else this.source.wanted(true);
  }

  /** Later, never within the receiver's own call. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      try {
        this.#drain();
      } catch (cause) {
        this.source.broken(upstreamFault(cause));
      }
    });
  }

  #drain(): void {
    if (this.#fault !== undefined) return this.#tellFault();
    while (this.#state === 'flowing' && !this.#complete) {
      const held = this.#held.shift();
      if (held === undefined) break;
      this.#decode(held.chunk);
      held.holder = this.#sink?.holder?.();
    }
    if (this.#state !== 'flowing') return;
    if (this.#complete) this.#finish();
    else if (this.#closed) this.#atClose();
    else this.source.wanted(true);
  }

  #atClose(): void {
    if (this.framing !== 'close') {
      this.source.broken(new WireFault('body-truncated', "the target's response broke off", 502));
      return;
    }
    this.#complete = true;
    this.source.complete(false);
    this.#finish();
  }

  #finish(): void {
    this.silence();
    try {
      this.#sink?.end();
    } catch (cause) {
      this.#sink?.error(upstreamFault(cause));
    }
  }

  #tellFault(): void {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) this.#sink?.error(fault);
  }
}
