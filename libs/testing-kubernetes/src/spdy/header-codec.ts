import type { Deflate, Inflate } from 'node:zlib';
import { constants, createDeflate, createInflate } from 'node:zlib';
import { headerDictionary } from './header-dictionary.js';

export type SpdyHeaders = ReadonlyMap<string, string>;

/** Header blocks of one connection: one zlib stream for each direction, flushed after every block (SPDY/3.1, 2.6.10). */
export class HeaderCodec {
  readonly #inflate: Inflate = createInflate({ dictionary: headerDictionary, finishFlush: constants.Z_SYNC_FLUSH });
  readonly #deflate: Deflate = createDeflate({ dictionary: headerDictionary });

  async decode(block: Buffer): Promise<SpdyHeaders> {
    const bytes = await through(this.#inflate, block);
    const headers = new Map<string, string>();
    let offset = 0;
    const next = (): string => {
      const length = bytes.readUInt32BE(offset);
      const text = bytes.toString('utf8', offset + 4, offset + 4 + length);
      offset += 4 + length;
      return text;
    };
    const count = bytes.readUInt32BE(0);
    offset = 4;
    for (let i = 0; i < count; i += 1) {
      const name = next();
      headers.set(name.toLowerCase(), next());
    }
    return headers;
  }

  encode(headers: SpdyHeaders): Promise<Buffer> {
    const parts = [uint32(headers.size)];
    for (const [name, value] of headers) parts.push(counted(name), counted(value));
    return through(this.#deflate, Buffer.concat(parts));
  }

  close(): void {
    this.#inflate.close();
    this.#deflate.close();
  }
}

/** What comes out for what goes in, and nothing of what comes later. */
function through(stream: Deflate | Inflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer): void => void chunks.push(chunk);
    stream.on('data', collect);
    stream.once('error', reject);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', collect);
      stream.off('error', reject);
      resolve(Buffer.concat(chunks));
    });
  });
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}
