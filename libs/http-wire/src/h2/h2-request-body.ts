import type { ServerHttp2Stream } from 'node:http2';
import type { BodyReader, BodySink } from '../message.js';
import { WireFault } from '../message.js';
import { BodyPace } from '../server/body-pace.js';
import { Deadline } from '../server/deadline.js';
import type { ServerLimits } from '../server/server-limits.js';

/** The body of one HTTP/2 request. What is not asked for waits in the stream's window, at the client. */
export class H2RequestBody implements BodyReader {
  #sink: BodySink | undefined;
  #phase: 'waiting' | 'flowing' | 'paused' | 'over' = 'waiting';
  #fault: WireFault | undefined;
  #received = 0;
  readonly #pace: BodyPace;
  readonly #deadline: Deadline;

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly length: number | undefined,
    limits: ServerLimits,
    private readonly started: () => void,
    timedOut: () => void,
  ) {
    this.#pace = new BodyPace(limits.bodyIdleMs, limits.bodyRate);
    this.#deadline = new Deadline(timedOut);
  }

  start(sink: BodySink): void {
    if (this.#sink) throw new Error('A body is started once');
    this.#sink = sink;
    if (this.#phase === 'waiting') this.started();
    process.nextTick(() => this.#begin());
  }

  pause(): void {
    if (this.#phase === 'waiting') this.#phase = 'paused';
    if (this.#phase !== 'flowing') return;
    this.#phase = 'paused';
    this.#pace.pause();
    this.#deadline.clear();
    this.stream.pause();
  }

  resume(): void {
    if (this.#phase !== 'paused' || !this.#sink) return;
    if (this.stream.listenerCount('data') === 0) this.#listen();
    this.#flow();
  }

  /** What still comes stays in the window until the answer closes the stream. */
  cancel(): void {
    this.#over();
    this.stream.pause();
  }

  /** The rest will never come. */
  fail(fault: WireFault): void {
    if (this.#phase === 'over') return;
    this.#fault = fault;
    this.#over();
    this.#sink?.error(fault);
  }

  #begin(): void {
    if (this.#fault) return this.#sink?.error(this.#fault);
    if (this.#phase !== 'waiting') return;
    this.#listen();
    this.#flow();
  }

  #listen(): void {
    this.stream.on('data', (chunk: Buffer) => this.#data(chunk)).on('end', () => this.#end());
  }

  #flow(): void {
    this.#phase = 'flowing';
    this.#pace.resume();
    this.#deadline.set(this.#pace.patience());
    this.stream.resume();
  }

  #data(chunk: Buffer): void {
    if (this.#phase === 'over') return;
    this.#received += chunk.length;
    this.#pace.received(chunk.length);
    this.#deadline.set(this.#pace.patience());
    this.#sink?.data(chunk);
  }

  #end(): void {
    if (this.#phase === 'over') return;
    // A reset ends the readable side as the end of the body does. It is told apart only while the answer is under way;
    // after it, nobody must take the body for whole.
    const broken = this.stream.aborted || this.stream.writableEnded;
    if (broken || (this.length !== undefined && this.length !== this.#received)) {
      return this.fail(new WireFault('client-gone', 'The client gave up on the request'));
    }
    this.#over();
    this.#sink?.end();
  }

  #over(): void {
    this.#phase = 'over';
    this.#deadline.close();
  }
}
