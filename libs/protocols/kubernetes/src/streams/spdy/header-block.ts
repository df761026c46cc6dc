import { inflateRawSync } from 'node:zlib';
import { headerDictionary } from './header-dictionary.js';
import { SpdyFault } from './spdy-fault.js';

export type SpdyHeaders = ReadonlyMap<string, string>;

/** Largest header block, compressed or not. Bytes. */
export const maxHeaderBytes = 65_536;

/** Farthest that deflate looks back (RFC 1951 section 2). */
const windowBytes = 32_768;

/** CMF and FLG of a stream with a preset dictionary, then that dictionary's Adler-32 (RFC 1950 section 2.2). */
const streamHead = Buffer.from('78bbe3c6a7c2', 'hex');

/** What a sender's sync flush ends a block with: an empty stored block. */
const flushed = Buffer.from([0, 0, 0xff, 0xff]);

/**
 * Header blocks of one direction, which are one zlib stream cut by sync flushes. A block ends on a byte, so each is read on
 * its own, starting from what the stream's last 32 KiB were: at once, and never more than the limit.
 */
export class HeaderBlockReader {
  #window = headerDictionary;
  #started = false;

  read(block: Buffer): SpdyHeaders {
    const deflated = this.#started ? block : afterStreamHead(block);
    this.#started = true;
    if (!deflated.subarray(-4).equals(flushed)) throw new SpdyFault('a header block does not end where its frame ends');
    const plain = this.#inflate(deflated);
    this.#window = Buffer.concat([this.#window, plain]).subarray(-windowBytes);
    return parseHeaders(plain);
  }

  #inflate(deflated: Buffer): Buffer {
    try {
      const options = {
        dictionary: this.#window,
        finishFlush: 2,
        maxOutputLength: maxHeaderBytes,
        info: true,
      } as const;
      const { buffer, engine } = inflateRawSync(deflated, options) as unknown as Inflated;
      if (engine.bytesWritten !== deflated.length) throw new RangeError('bytes are left over');
      return buffer;
    } catch {
      throw new SpdyFault('a header block cannot be decompressed');
    }
  }
}
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function afterStreamHead(block: Buffer): Buffer {
  const [method, flags] = [block[0] ?? 0, block[1] ?? 0];
  const sound = (method & 0x0f) === 8 && method >> 4 <= 7 && ((method << 8) | flags) % 31 === 0;
  if (!sound) throw new SpdyFault('header blocks are not a zlib stream');
  if ((flags & 0x20) === 0) return block.subarray(2);
  if (!block.subarray(2, 6).equals(streamHead.subarray(2)))
    throw new SpdyFault('header blocks use an unknown dictionary');
  return block.subarray(6);
}

/** SPDY/3 draft, section 2.6.10: lower-case names, each once; here also: one value for each, all of visible ASCII. */
function parseHeaders(bytes: Buffer): SpdyHeaders {
  const headers = new Map<string, string>();
  let at = 4;
  const next = (): string => {
    if (at + 4 > bytes.length) throw new SpdyFault('a header block is too short');
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new SpdyFault('a header block is too short');
    const text = bytes.toString('latin1', at + 4, end);
    at = end;
    return text;
  };
  if (bytes.length < 4) throw new SpdyFault('a header block is too short');
  for (let left = bytes.readUInt32BE(0); left > 0; left--) {
    const name = next();
    const value = next();
    if (!/^[!-@[-~]{1,256}$/.test(name) || headers.has(name)) throw new SpdyFault('a header name is malformed');
    if (!/^[\x20-\x7e]*$/.test(value)) throw new SpdyFault('a header value is malformed');
    headers.set(name, value);
  }
  if (at !== bytes.length) throw new SpdyFault('a header block is too long');
  return headers;
}

/**
 * Header blocks of the other direction, as stored blocks: a handful of bytes are not worth compressing, and what is not
 * compressed tells nothing by its length (CVE-2012-4929).
 */
export class HeaderBlockWriter {
  #started = false;

  write(headers: SpdyHeaders): Buffer {
    const plain = renderHeaders(headers);
    if (plain.length > 0xffff) throw new RangeError('a header block of the gateway is too long');
    const head = Buffer.alloc(5);
    head.writeUInt16LE(plain.length, 1);
    head.writeUInt16LE(plain.length ^ 0xffff, 3);
    const start = this.#started ? [] : [streamHead];
    this.#started = true;
    return Buffer.concat([...start, head, plain, Buffer.of(0), flushed]);
  }
}

function renderHeaders(headers: SpdyHeaders): Buffer {
  const parts = [uint32(headers.size)];
  for (const field of headers) {
    for (const text of field) parts.push(uint32(text.length), Buffer.from(text, 'latin1'));
  }
  return Buffer.concat(parts);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
