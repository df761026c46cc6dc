import { byteClass, endOfRun, reads } from './byte-classes.js';
import type { Detector, OpenEnd } from './detector.js';

const begin = '-----BEGIN ';
const end = '-----END ';
const dashes = '-----';
const kinds = [/PRIVATE KEY$/, /PRIVATE KEY BLOCK$/];
const label = byteClass('A-Z0-9 ');
/** Longer than any label in use. Bytes. */
const maxLabel = 50;
const hyphen = 0x2d;

/** Behind the label at `from` and its dashes; -1 where there are none. */
function labelEnd(text: Uint8Array, from: number, high: number): number {
  const stop = endOfRun(text, from, Math.min(high, from + maxLabel), label);
  return reads(text, stop, high, dashes) ? stop + dashes.length : -1;
}

const block: OpenEnd = {
  close(text, from, limit) {
    for (let at = from; at < limit; at += 1) {
      if (text[at] !== hyphen || !reads(text, at, limit, end)) continue;
      const stop = labelEnd(text, at + end.length, limit);
      if (stop >= 0) return stop;
    }
    return -1;
  },
};

/** Textual encodings of private keys (RFC 7468, OpenSSH's, OpenPGP's), whole; one that does not end is hidden to the end. */
export const privateKey: Detector = {
  triggers: '-',
  find(text, low, at, high, finding) {
    if (!reads(text, at, high, begin)) return false;
    const from = at + begin.length;
    const stop = labelEnd(text, from, high);
    if (stop < 0) return false;
    const name = String.fromCharCode(...text.subarray(from, stop - dashes.length));
    if (!kinds.some((kind) => kind.test(name))) return false;
    finding.start = at;
    finding.end = stop;
    finding.open = block;
    return true;
  },
};
