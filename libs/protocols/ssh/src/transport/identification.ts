import { WireError } from '@sallyport/wire-kit';

/** RFC 4253 §4.2: with CR LF. Bytes. */
const maxLine = 255;
/** What a server may say before it, all lines together. Bytes. */
const maxPreamble = 8 << 10;

/**
 * Collects what comes before the first packet, so that the packet layer sees the identification in one piece and nobody
 * can make it keep an endless one.
 */
export class Identification {
  #bytes = Buffer.alloc(0);

  /** @param preamble whether lines may come before it: a server's right, not a client's */
  constructor(private readonly preamble: boolean) {}

  /** @returns everything so far once the identification is complete; undefined until then. Throws a WireError. */
  push(chunk: Buffer): Buffer | undefined {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    let start = 0;
    for (;;) {
      const end = this.#bytes.indexOf(0x0a, start);
      const length = (end < 0 ? this.#bytes.length : end + 1) - start;
      const isIdentification = this.#bytes.subarray(start, start + 4).equals(ssh);
      if (length > (isIdentification || !this.preamble ? maxLine : maxPreamble)) throw new WireError('no SSH peer');
      if (end < 0) break;
      if (isIdentification) return this.#complete(start);
      if (!this.preamble) throw new WireError('no SSH peer');
      start = end + 1;
    }
    if (this.#bytes.length > maxPreamble) throw new WireError('no SSH peer');
    return undefined;
  }

  #complete(start: number): Buffer {
    if (start > maxPreamble) throw new WireError('no SSH peer');
    const version = this.#bytes.toString('latin1', start, start + 8);
    // "1.99" is a 2.0 server that also speaks the broken first version (RFC 4253 §5.1).
    if (version !== 'SSH-2.0-' && version !== 'SSH-1.99') throw new WireError('not SSH 2.0');
    const rest = this.#bytes.subarray(start);
    this.#bytes = Buffer.alloc(0);
    return rest;
  }
}

const ssh = Buffer.from('SSH-');
