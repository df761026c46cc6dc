import { WireFault, type BodyReader, type BodySink } from '@sallyport/http-wire';
import type { TunnelTape } from './protocol.js';

/** All of a body. Rejects with a WireFault: 413 above the limit, or what broke it. */
export function wholeBody(reader: BodyReader, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    reader.start({
      data: (chunk) => {
        length += chunk.length;
        if (length <= maxBytes) return void chunks.push(chunk);
        reader.cancel();
        reject(new WireFault('body-too-large', `the body is larger than ${maxBytes} bytes`, 413));
      },
      end: () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)),
      error: reject,
    });
  });
}

/** A body on its way to the target: each piece is recorded before it goes on, and no more than was allowed. */
export class ForwardedBody implements BodyReader, BodySink {
  #sink: BodySink | undefined;
  #length = 0;
  #over = false;

  constructor(
    private readonly reader: BodyReader,
    private readonly tape: TunnelTape,
    private readonly maxBytes: number,
  ) {}

  start(sink: BodySink): void {
    this.#sink = sink;
    this.reader.start(this);
  }

  pause(): void {
    this.reader.pause();
  }

  resume(): void {
    this.reader.resume();
  }

  cancel(): void {
    this.#over = true;
    this.reader.cancel();
  }

  data(chunk: Buffer): void {
    if (this.#over) return;
    this.#length += chunk.length;
    if (this.#length > this.maxBytes) {
      return this.#fail(new WireFault('body-too-large', `the body is larger than ${this.maxBytes} bytes`, 413));
    }
    try {
      this.tape.request(chunk);
      this.tape.flush();
    } catch {
      return this.#fail(new WireFault('recording-failed', 'the request could not be recorded', 502));
    }
    this.#sink?.data(chunk);
    if (!this.tape.congested) return;
    this.reader.pause();
    this.tape.onDrain(() => this.reader.resume());
  }

  end(): void {
    if (!this.#over) this.#sink?.end();
    this.#over = true;
  }

  error(fault: WireFault): void {
    if (!this.#over) this.#sink?.error(fault);
    this.#over = true;
  }

  #fail(fault: WireFault): void {
    this.reader.cancel();
    this.error(fault);
  }
}
