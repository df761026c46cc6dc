import { constants, type ClientHttp2Stream } from 'node:http2';
import { WireFault, type BodySink } from '../message.js';
import type { SilenceableBody } from './exchange.js';
import { upstreamFault } from './upstream-fault.js';

/** The stream that a body comes from. */
export interface BodyStreamOwner {
  /** What the receiver wants has changed; or bytes moved. */
  wanted(flowing: boolean): void;
  /** The body ended, and its receiver knows. */
  complete(): void;
  /** Nobody wants the rest. */
  abandoned(): void;
  broken(fault: WireFault): void;
}

/** The body of an HTTP/2 response. */
export class H2ResponseBody implements SilenceableBody {
  #sink: BodySink | undefined;
  #over = false;
  #remaining: number | undefined;
  #fault: WireFault | undefined;

  /** @param length bytes that the head announces */
  constructor(
    private readonly stream: ClientHttp2Stream,
    length: number | undefined,
    private readonly owner: BodyStreamOwner,
  ) {
    this.#remaining = length;
  }

  start(sink: BodySink): void {
    if (this.#sink !== undefined) throw new Error('the body was started before');
    this.#sink = sink;
    if (this.#fault !== undefined) process.nextTick(() => this.#tellFault());
    if (this.#over) return;
    this.owner.wanted(true);
    this.stream.on('data', (chunk: Buffer) => this.#guarded(() => this.#receive(chunk)));
    this.stream.on('end', () => this.#guarded(() => this.#ended()));
  }

  pause(): void {
    if (this.#over) return;
    this.stream.pause();
    this.owner.wanted(false);
  }

  resume(): void {
    if (this.#over) return;
    this.stream.resume();
    this.owner.wanted(true);
  }

  cancel(): void {
    if (this.#over) return;
    this.silence();
    this.owner.abandoned();
  }

  silence(): void {
    this.#over = true;
    this.#fault = undefined;
  }

  /** What came is not whole; said at once, or as soon as somebody listens. */
  fail(fault: WireFault): void {
    if (this.#over) return;
    this.silence();
    this.#fault = fault;
    if (this.#sink !== undefined) this.#tellFault();
  }

  #receive(chunk: Buffer): void {
    if (this.#over) return;
    if (this.#remaining !== undefined) this.#remaining -= chunk.length;
    this.owner.wanted(true);
    this.#sink?.data(chunk);
  }

  /**
   * Node ends the readable side of a stream that was reset, or whose connection broke, as it ends one that is complete:
   * only the code tells them apart. A reset without an error is how a server that has answered stops an upload
   * (RFC 9113 section 8.1).
   */
  #ended(): void {
    if (this.#over) return;
    const whole = this.stream.rstCode === constants.NGHTTP2_NO_ERROR && (this.#remaining ?? 0) === 0;
    if (!whole) {
      this.owner.broken(new WireFault('body-truncated', "the target's response broke off", 502));
      return;
    }
    this.silence();
    this.owner.complete();
    try {
      this.#sink?.end();
    } catch (cause) {
      this.#sink?.error(upstreamFault(cause));
    }
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.owner.broken(upstreamFault(cause));
    }
  }

  #tellFault(): void {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) this.#sink?.error(fault);
  }
}
