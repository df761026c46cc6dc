import { StringDecoder } from 'node:string_decoder';
import { printable } from './printable.js';

/** A line is shown at this length even where it goes on. Characters. */
const longestLine = 4000;
/** Text is told from what is none piece by piece: they may have come in one read. Bytes. */
const pieceBytes = 4096;

/** For protocols whose answers are text, as HTTP's and a command's output: line by line, and what is no text by its size. */
export class TextTranscript {
  #decoder = new StringDecoder('utf8');
  #line = '';
  /** Bytes of what is no text, not told of yet. */
  #binary = 0;

  /** The line that is not complete, as far as it has come. */
  get partial(): string {
    return shown(this.#line);
  }

  push(bytes: Buffer): string[] {
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += pieceBytes)
      lines.push(...this.#piece(bytes.subarray(at, at + pieceBytes)));
    return lines;
  }

  /** What follows belongs to something else: the line that is not complete is all there is of it. */
  turn(): string[] {
    const rest = `${this.#line}${this.#decoder.end()}`;
    this.#line = '';
    this.#decoder = new StringDecoder('utf8');
    return [...this.#told(), ...(rest === '' ? [] : [shown(rest)])];
  }

  end(): string[] {
    return this.turn();
  }

  #piece(bytes: Buffer): string[] {
    if (bytes.includes(0)) {
      const before = this.#binary === 0 ? this.turn() : [];
      this.#binary += bytes.length;
      return before;
    }
    const lines = this.#told();
    const parts = `${this.#line}${this.#decoder.write(bytes)}`.split('\n');
    this.#line = parts.pop()!;
    lines.push(...parts.map(shown));
    while (this.#line.length > longestLine) {
      lines.push(shown(this.#line.slice(0, longestLine)));
      this.#line = this.#line.slice(longestLine);
    }
    return lines;
  }

  #told(): string[] {
    const bytes = this.#binary;
    this.#binary = 0;
    return bytes > 0 ? [`-- ${bytes} bytes that are no text`] : [];
  }
}

function shown(line: string): string {
  return printable(line.replace(/\r$/, ''));
}
