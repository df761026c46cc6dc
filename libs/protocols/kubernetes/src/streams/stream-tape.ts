import type { TunnelTape } from '@sallyport/http-core';

type Facts = Readonly<Record<string, string | number | boolean>>;

/** Keeps apart, on one tape, what flows on several streams: a note says which stream the bytes after it belong to. */
export class StreamTape {
  readonly #tape: TunnelTape;
  readonly #current = { request: 'stdin', response: 'stdout' };

  constructor(tape: TunnelTape) {
    this.#tape = tape;
  }

  get congested(): boolean {
    return this.#tape.congested;
  }

  /** What the client sent on a stream. */
  request(stream: string, bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#turnTo('request', stream);
    this.#tape.request(bytes);
  }

  /** What the client gets on a stream. */
  response(stream: string, bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#turnTo('response', stream);
    this.#tape.response(bytes);
  }

  note(name: string, facts: Facts): void {
    this.#tape.note(name, facts);
  }

  flush(): void {
    this.#tape.flush();
  }

  onDrain(listener: () => void): void {
    this.#tape.onDrain(listener);
  }

  #turnTo(direction: 'request' | 'response', stream: string): void {
    if (this.#current[direction] === stream) return;
    this.#current[direction] = stream;
    this.#tape.note('stream', { direction, name: stream });
  }
}
