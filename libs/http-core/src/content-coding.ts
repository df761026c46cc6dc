import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { Transform } from 'node:stream';
import { WireFault, type BodyReader, type BodySink, type HeaderField } from '@sallyport/http-wire';

/** More than this many times what came in is a bomb, once it is more than `bombFrom` bytes. */
const bombRatio = 200;
const bombFrom = 1 << 20;

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** What a message's Content-Encoding lists, in order; undefined where this gateway cannot take one of them off. */
export function contentCodings(headers: readonly HeaderField[]): readonly string[] | undefined {
  const codings = headers
    .filter(([name]) => name === 'content-encoding')
    .flatMap(([, value]) => value.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  // Several, one over the other, is something that no service does and bombs do.
  return codings.length <= 1 && codings.every((coding) => Object.hasOwn(decoders, coding)) ? codings : undefined;
}

/** The body with its coding taken off. Damage, a bomb and bytes behind the end are faults. */
export function decodedBody(reader: BodyReader, coding: string): BodyReader {
  return new DecodedBody(reader, decoders[coding]!());
}

class DecodedBody implements BodyReader, BodySink {
  #sink: BodySink | undefined;
  #taken = 0;
  #given = 0;
  #paused = false;
  #over = false;

  constructor(
    private readonly reader: BodyReader,
    private readonly decoder: Transform,
  ) {}

  start(sink: BodySink): void {
    this.#sink = sink;
    this.decoder.on('data', (chunk: Buffer) => this.#decoded(chunk));
    this.decoder.on('end', () => this.#finish(() => sink.end()));
    this.decoder.on('error', () => this.#fail(new WireFault('coding-damaged', 'the body cannot be decoded', 502)));
    this.decoder.on('drain', () => !this.#over && this.reader.resume());
    this.reader.start(this);
  }

  pause(): void {
    this.#paused = true;
    this.decoder.pause();
  }

  resume(): void {
    this.#paused = false;
    this.decoder.resume();
  }

  cancel(): void {
    this.#over = true;
    this.decoder.destroy();
    this.reader.cancel();
  }

  data(chunk: Buffer): void {
    if (this.#over) return;
    this.#taken += chunk.length;
    if (!this.decoder.write(chunk)) this.reader.pause();
  }

  end(): void {
    if (!this.#over) this.decoder.end();
  }

  error(fault: WireFault): void {
    this.#fail(fault);
  }

  #decoded(chunk: Buffer): void {
    if (this.#over) return;
    this.#given += chunk.length;
    if (this.#given > bombFrom && this.#given > this.#taken * bombRatio) {
      return this.#fail(new WireFault('coding-bomb', 'the body grows beyond measure when it is decoded', 502));
    }
    this.#sink?.data(chunk);
    if (this.#paused) this.decoder.pause();
  }

  #fail(fault: WireFault): void {
    this.#finish(() => {
      this.decoder.destroy();
      this.reader.cancel();
      this.#sink?.error(fault);
    });
  }

  #finish(how: () => void): void {
    if (this.#over) return;
    this.#over = true;
    how();
  }
}
