import { byteClass } from './byte-classes.js';
import type { Detector, OpenEnd } from './detector.js';
import type { Stretch } from './stretch.js';
import { endOfRun, reads } from './stretch.js';

const begin = '-----BEGIN ';
const end = '-----END ';
const dashes = '-----';
const kinds = [/PRIVATE KEY$/, /PRIVATE KEY BLOCK$/];
const label = byteClass('A-Z0-9 ');
/** Longer than any label in use. Bytes. */
const maxLabel = 50;
const hyphen = 0x2d;

/** Behind the label at `from` and its dashes; -1 where there are none. */
function labelEnd(text: Stretch, from: number): number {
  const stop = endOfRun(text, from, label, maxLabel);
  return reads(text, stop, dashes) ? stop + dashes.length : -1;
}

const block: OpenEnd = {
  close(text, from) {
    for (let at = from; at < text.high; at += 1) {
      if (text.bytes[at] !== hyphen || !reads(text, at, end)) continue;
      const stop = labelEnd(text, at + end.length);
      if (stop >= 0) return stop;
    }
    return -1;
  },
};

/** Textual encodings of private keys (RFC 7468, OpenSSH's, OpenPGP's), whole; one that does not end is hidden to the end. */
export const privateKey: Detector = {
  triggers: '-',
  find(text, at, finding) {
    if (!reads(text, at, begin)) return false;
    const from = at + begin.length;
    const stop = labelEnd(text, from);
    if (stop < 0) return false;
    const name = String.fromCharCode(...text.bytes.subarray(from, stop - dashes.length));
    if (!kinds.some((kind) => kind.test(name))) return false;
    finding.start = at;
    finding.end = stop;
    finding.open = block;
    return true;
  },
};
