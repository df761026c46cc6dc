import { frameTypes, type SpdySetting } from './frame-reader.js';
import { HeaderBlockWriter, type SpdyHeaders } from './header-block.js';

/** Frames of one direction → bytes. Header blocks depend on those before: each is to be sent, and in this order. */
export class SpdyFrameWriter {
  readonly #headers = new HeaderBlockWriter();

  synStream(id: number, fin: boolean, headers: SpdyHeaders): Buffer {
    const fixed = words(id, 0, 0).subarray(0, 10);
    return control(frameTypes.synStream, fin ? 1 : 0, [fixed, this.#headers.write(headers)]);
  }

  synReply(id: number, fin: boolean): Buffer {
    return control(frameTypes.synReply, fin ? 1 : 0, [words(id), this.#headers.write(new Map())]);
  }

  rstStream(id: number, status: number): Buffer {
    return control(frameTypes.rstStream, 0, [words(id, status)]);
  }

  settings(entries: readonly SpdySetting[]): Buffer {
    return control(frameTypes.settings, 0, [words(entries.length, ...entries.flatMap(({ id, value }) => [id, value]))]);
  }

  ping(id: number): Buffer {
    return control(frameTypes.ping, 0, [words(id)]);
  }

  goAway(lastGoodId: number, status: number): Buffer {
    return control(frameTypes.goAway, 0, [words(lastGoodId, status)]);
  }

  windowUpdate(id: number, delta: number): Buffer {
    return control(frameTypes.windowUpdate, 0, [words(id, delta)]);
  }

  /** At most 16 MiB - 1. */
  data(id: number, bytes: Buffer, fin: boolean): Buffer {
    const head = words(id, bytes.length);
    head[4] = fin ? 1 : 0;
    return Buffer.concat([head, bytes]);
  }
}

function control(type: number, flags: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = words(((0x8003 << 16) | type) >>> 0, length);
  head[4] = flags;
  return Buffer.concat([head, ...parts]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}
