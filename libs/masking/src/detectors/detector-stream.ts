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

  constructor(
    private readonly detectors: DetectorSet,
    private readonly maxFound: number,
  ) {}

  write(content: Uint8Array, start: number, end: number, out: ByteOutput): void {
    if (start === end) return;
    const text = Buffer.concat([this.#text, content.subarray(start, end)]);
    const line = 1 + Math.max(text.lastIndexOf(lineFeed), text.lastIndexOf(carriageReturn));
    this.#advance(text, Math.max(text.length - lookAhead, line));
    const { at } = this.#findings;
    this.#giveOut(text, Math.max(at - lookBehind, line, 0), out);
  }

  end(out: ByteOutput): void {
    const text = this.#text;
    this.#advance(text, text.length);
    this.#findings.open = undefined;
    this.#giveOut(text, text.length, out);
  }

  #advance(text: Buffer, certain: number): void {
    this.detectors.advance(this.#findings, { bytes: text, low: 0, high: text.length }, certain);
  }

  /** @param settled nothing that will be found begins before it */
  #giveOut(text: Buffer, settled: number, out: ByteOutput): void {
    const { starts, ends, open, count } = this.#findings;
    let given = 0;
    let done = 0;
    while (done < count && ends[done]! <= settled && !(open && done === count - 1)) {
      out.bytes(text, given, starts[done]!);
      this.detectors.writeMasked(this.#findings, done, text, out);
      given = ends[done]!;
      done += 1;
    }
    let cut = this.#findings.cut && done === 0;
    if (done < count && starts[done]! < settled) {
      out.bytes(text, given, starts[done]!);
      given = starts[done]!;
      if (settled - given > this.maxFound) {
        cut = true;
        given = starts[done] = settled;
      }
    } else {
      out.bytes(text, given, settled);
      given = settled;
    }
    this.#findings.drop(done, given);
    this.#findings.cut = cut;
    // A copy, so that it does not keep the whole of the last piece in memory.
    this.#text = Buffer.from(text.subarray(given));
  }
}
