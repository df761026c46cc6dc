import type { ByteOutput } from '../bytes/byte-output.js';
import { lookAhead, lookBehind } from './detector.js';
import type { DetectorSet } from './detector-set.js';
import { Findings } from './findings.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const nothing = Buffer.alloc(0);

/**
 * Text that arrives in pieces. What a trigger finds depends on a bounded stretch around it and never on another line, so it
 * is decided once that stretch or the line's end has arrived: the result is that of the whole text, and lines are given out
 * as soon as they are complete.
 */
export class DetectorStream {
  /** What is not given out yet. */
  #text: Buffer = nothing;
  readonly #findings = new Findings();
  /** The beginning of the first finding was dropped. */
  #cut = false;

  constructor(
    private readonly detectors: DetectorSet,
    private readonly maxFound: number,
  ) {}

  write(content: Uint8Array, start: number, end: number, out: ByteOutput): void {
    if (start === end) return;
    const text = Buffer.concat([this.#text, content.subarray(start, end)]);
    const line = 1 + Math.max(text.lastIndexOf(lineFeed), text.lastIndexOf(carriageReturn));
    this.detectors.advance(this.#findings, text, 0, text.length, Math.max(text.length - lookAhead, line));
    const { at } = this.#findings;
    this.#giveOut(text, Math.max(at - lookBehind, line, 0), out);
  }

  end(out: ByteOutput): void {
    const text = this.#text;
    this.detectors.advance(this.#findings, text, 0, text.length, text.length);
    this.#findings.open = undefined;
    this.#giveOut(text, text.length, out);
  }

  /** @param settled nothing that will be found begins before it */
  #giveOut(text: Buffer, settled: number, out: ByteOutput): void {
    const { starts, ends, methods, open, count } = this.#findings;
    let given = 0;
    let done = 0;
    while (done < count && ends[done]! <= settled && !(open && done === count - 1)) {
      out.bytes(text, given, starts[done]!);
      given = ends[done]!;
      this.detectors.writeMasked(methods[done]!, text, starts[done]!, given, this.#cut, out);
      this.#cut = false;
      done += 1;
    }
    if (done < count && starts[done]! < settled) {
      out.bytes(text, given, starts[done]!);
      given = starts[done]!;
      if (settled - given > this.maxFound) {
        this.#cut = true;
        given = starts[done] = settled;
      }
    } else {
      out.bytes(text, given, settled);
      given = settled;
    }
    this.#findings.drop(done, given);
    // A copy, so that it does not keep the whole of the last piece in memory.
    this.#text = Buffer.from(text.subarray(given));
  }
}
