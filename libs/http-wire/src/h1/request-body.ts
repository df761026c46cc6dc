import type { BodyReader, BodySink } from '../message.js';
import type { WireFault } from '../message.js';
import type { BodyPace } from '../server/body-pace.js';
import type { BodyDecoder } from './body-decoder.js';
import type { InputBuffer } from './input-buffer.js';

/** `starting`: somebody wants the body, from the next turn on. `dropping`: nobody does, but the next request is behind it. */
type Phase = 'waiting' | 'starting' | 'flowing' | 'paused' | 'dropping' | 'over';

export interface BodyOwner {
  /** Called when the body is first asked for. */
  bodyStarted(): void;
  /** Called when the body may take bytes again, or not any more. */
  bodyTurned(): void;
}

/** The body of one request, fed by its connection. */
export class RequestBody implements BodyReader {
  #phase: Phase = 'waiting';
  #sink: BodySink | undefined;
  #fault: WireFault | undefined;
  #dropped = 0;

  constructor(
    private readonly decoder: BodyDecoder,
    readonly pace: BodyPace,
    private readonly owner: BodyOwner,
  ) {}

  /** All of it came off the connection, and was delivered where somebody wants it. */
  get complete(): boolean {
    return this.decoder.done && (this.#phase === 'over' || this.#phase === 'dropping');
  }

  /** Bytes that come are taken at once. */
  get wants(): boolean {
    return this.#phase === 'flowing' || this.#phase === 'dropping';
  }

  /** Somebody takes it, now or from the next turn on. */
  get flows(): boolean {
    return this.#phase === 'flowing' || this.#phase === 'starting';
  }

  /** Somebody takes it, though perhaps not right now. */
  get wanted(): boolean {
    return this.flows || this.#phase === 'paused';
  }

  /** Bytes that nobody wanted. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes still to come where the length is known. */
  get remaining(): number | undefined {
    return this.decoder.remaining;
  }

  start(sink: BodySink): void {
    if (this.#sink) throw new Error('A body is started once');
    this.#sink = sink;
    if (this.#phase === 'waiting') {
      this.#phase = 'starting';
      this.owner.bodyStarted();
    }
    process.nextTick(() => {
      if (this.#phase === 'starting') this.#flow();
      else if (this.#fault) this.#sink?.error(this.#fault);
    });
  }

  pause(): void {
    if (this.#phase !== 'flowing' && this.#phase !== 'starting') return;
    this.pace.pause();
    this.#phase = 'paused';
    this.owner.bodyTurned();
  }

  resume(): void {
    if (this.#phase === 'paused') this.#flow();
  }

  cancel(): void {
    this.#sink = undefined;
    if (this.#phase !== 'over') this.drop();
  }

  /** Takes the rest without delivering it. */
  drop(): void {
    if (this.#phase === 'over' || this.#phase === 'dropping') return;
    this.pace.resume();
    this.#phase = 'dropping';
    this.owner.bodyTurned();
  }

  /** Takes no more: what is still to come is not worth reading. */
  abandon(): void {
    this.#phase = 'over';
  }

  /**
   * Takes what there is for as long as it is wanted.
   * @throws WireFault where the framing is in doubt
   */
  take(input: InputBuffer): void {
    while (this.wants && !this.decoder.done && input.length > 0) {
      const { bytes, start, end } = input;
      const count = this.decoder.step(bytes, start, end);
      input.consume(count);
      this.#deliver(this.decoder.chunk);
    }
    if (this.decoder.done && this.#phase === 'flowing') {
      this.#phase = 'over';
      this.#sink?.end();
    }
  }

  /** The rest will never come. */
  fail(fault: WireFault): void {
    const { wanted } = this;
    const waiting = this.#phase === 'waiting';
    this.#phase = 'over';
    if (wanted) this.#sink?.error(fault);
    else if (waiting) this.#fault = fault;
  }

  #deliver(chunk: Buffer | undefined): void {
    if (!chunk) return;
    this.pace.received(chunk.length);
    if (this.#phase === 'flowing') this.#sink?.data(chunk);
    else this.#dropped += chunk.length;
  }

  #flow(): void {
    this.#phase = 'flowing';
    this.pace.resume();
    this.owner.bodyTurned();
  }
}
