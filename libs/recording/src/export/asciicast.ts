import { StringDecoder } from 'node:string_decoder';
import { readRecording } from '../reader.js';
import { SafeTerminal } from './safe-terminal.js';
import { TerminalTape, type TerminalEvent, type TerminalSize } from './terminal-tape.js';

export interface AsciicastOptions {
  /** Which exchange, where a session had several terminals; the first one where it is left out. */
  readonly seq?: number;
  /** Also what was typed. It holds passwords, so it is left out unless somebody asks. */
  readonly input?: boolean;
  /** Makes output safe for a terminal that obeys everything; without it a player must contain it. */
  readonly safe?: boolean;
}

/** The recording holds no terminal session, or not the one that was asked for. */
export class NoTerminalError extends Error {
  override readonly name = 'NoTerminalError';
}

const usualSize: TerminalSize = { cols: 80, rows: 24 };

/**
 * A terminal session in asciicast v3 (docs.asciinema.org/manual/asciicast/v3), line by line: the header, then
 * `[seconds since the last event, code, data]`. Bytes that are no UTF-8 become U+FFFD; the recording keeps them as they
 * were. Throws a NoTerminalError before the first line when there is nothing to show.
 */
export async function* exportAsciicast(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: AsciicastOptions = {},
): AsyncGenerator<string> {
  const tape = new TerminalTape(options.seq);
  const cast = new Cast(options);
  for await (const item of readRecording(source)) {
    if (item.kind === 'frame') {
      const event = tape.push(item.frame);
      if (event) yield* cast.event(event);
    } else if (item.kind === 'end') {
      if (item.truncated || item.damage) yield* cast.broken();
      yield* cast.end();
    }
  }
}

class Cast {
  readonly #output: TextStream;
  readonly #input = new TextStream(false);
  #size = usualSize;
  #term: string | undefined;
  /** When it began; undefined before. Microseconds. */
  #began: number | undefined;
  #headed = false;
  #last = 0;

  constructor(private readonly options: AsciicastOptions) {
    this.#output = new TextStream(options.safe === true);
  }

  *event(event: TerminalEvent): Generator<string> {
    switch (event.kind) {
      case 'begin':
        this.#began = this.#last = event.time;
        return;
      case 'size':
        return yield* this.#resize(event);
      case 'output':
        return yield* this.#line(event.time, 'o', this.#output.push(event.bytes));
      case 'input':
        if (this.options.input) yield* this.#line(event.time, 'i', this.#input.push(event.bytes));
        return;
      case 'marker':
        return yield* this.#line(event.time, 'm', event.text);
      case 'exit':
        yield* this.#line(event.time, 'o', this.#output.end());
        return yield* this.#line(event.time, 'x', event.status);
    }
  }

  *broken(): Generator<string> {
    if (this.#began !== undefined) yield* this.#line(this.#last, 'm', 'the recording ends here, incomplete');
  }

  *end(): Generator<string> {
    if (this.#began === undefined) throw new NoTerminalError('the recording holds no such terminal session');
    yield* this.#head();
    yield* this.#line(this.#last, 'o', this.#output.end());
    if (this.options.input) yield* this.#line(this.#last, 'i', this.#input.end());
  }

  /** The first size comes before anything is shown, and belongs into the header. */
  *#resize(event: Extract<TerminalEvent, { kind: 'size' }>): Generator<string> {
    const { cols, rows } = event.size;
    if (this.#headed) return yield* this.#line(event.time, 'r', `${cols}x${rows}`);
    this.#size = event.size;
    this.#term = event.term ?? this.#term;
  }

  *#head(): Generator<string> {
    if (this.#headed) return;
    this.#headed = true;
    const term = { ...this.#size, ...(this.#term !== undefined && { type: this.#term }) };
    yield JSON.stringify({ version: 3, term, timestamp: Math.floor((this.#began ?? 0) / 1_000_000) });
  }

  *#line(time: number, code: 'o' | 'i' | 'r' | 'm' | 'x', data: string): Generator<string> {
    if (data === '') return;
    yield* this.#head();
    // Clocks may be set back.
    const passed = Math.max(0, time - this.#last);
    this.#last = Math.max(this.#last, time);
    yield `[${(passed / 1_000_000).toFixed(6)}, ${JSON.stringify(code)}, ${JSON.stringify(data)}]`;
  }
}

/** Text out of bytes that were cut anywhere. */
class TextStream {
  #decoder = new StringDecoder('utf8');
  readonly #safe: SafeTerminal | undefined;

  constructor(safe: boolean) {
    this.#safe = safe ? new SafeTerminal() : undefined;
  }

  push(bytes: Buffer): string {
    const text = this.#decoder.write(bytes);
    return this.#safe ? this.#safe.push(text) : text;
  }

  end(): string {
    const text = this.#decoder.end();
    return this.#safe ? this.#safe.push(text) + this.#safe.end() : text;
  }
}
