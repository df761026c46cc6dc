import type { StreamMask } from '@sallyport/masking';
import type { OutputMasks } from '../mask.js';

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** The client's terminal is in raw mode, and a program without one ends its lines with a mere LF. */
export function forTerminal({ out, error }: OutputMasks): OutputMasks {
  return { out: new CarriageReturns(out), error: new CarriageReturns(error) };
}

class CarriageReturns implements StreamMask {
  #last = 0;

  constructor(private readonly mask: StreamMask) {}

  push(chunk: Buffer): Buffer {
    return this.#returned(this.mask.push(chunk));
  }

  end(): Buffer {
    return this.#returned(this.mask.end());
  }

  #returned(bytes: Buffer): Buffer {
    if (bytes.length === 0) return bytes;
    const last = this.#last;
    this.#last = bytes[bytes.length - 1]!;
    const text = bytes.toString('latin1').replace(/\r?\n/g, '\r\n');
    // Its LF may come in another piece than its CR.
    return Buffer.from(last === carriageReturn && bytes[0] === lineFeed ? text.slice(1) : text, 'latin1');
  }
}
