import { decodeFrame, type Frame, type RecordedDecision } from './frame.js';
import {
  decodeSegmentHeader,
  frameHeaderBytes,
  frameKind,
  maxFramePayloadBytes,
  segmentHeaderBytes,
  segmentMagic,
  type FrameKind,
  type SegmentHeader,
} from './format.js';
import { readRepeat } from './repeat.js';

/** Where the bytes stopped making sense. */
export interface Damage {
  /** Bytes from the recording's start. */
  readonly offset: number;
  readonly message: string;
}

/** `raw` is the item's own bytes: joined, they are the recording again. */
export type RecordingItem =
  | { readonly kind: 'segment'; readonly header: SegmentHeader; readonly offset: number; readonly raw: Buffer }
  | { readonly kind: 'frame'; readonly frame: Frame; readonly offset: number; readonly raw: Buffer }
  /** Always the last item. `truncated`: it ends inside a header or frame. Nothing after a damage is read. */
  | { readonly kind: 'end'; readonly offset: number; readonly truncated: boolean; readonly damage?: Damage };

const magicByte = segmentMagic.charCodeAt(0);

/** Bytes in, whole items out; keeps only an incomplete item between calls. */
export class RecordingParser {
  #rest: Buffer = Buffer.alloc(0);
  #offset = 0;
  #damage: Damage | undefined;
  #sessionId = '';
  /** Of this segment, by label. */
  readonly #decisions = new Map<number, RecordedDecision>();

  /** Bytes that belong to whole items so far. */
  get offset(): number {
    return this.#offset;
  }

  *push(chunk: Uint8Array): Generator<RecordingItem> {
    if (this.#damage) return;
    const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#rest.length === 0 ? view : Buffer.concat([this.#rest, view]);
    let at = 0;
    while (at < bytes.length && !this.#damage) {
      const item = this.#item(bytes.subarray(at));
      if (!item) break;
      at += item.raw.length;
      this.#offset += item.raw.length;
      yield item;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  end(): RecordingItem {
    const damage = this.#damage;
    return {
      kind: 'end',
      offset: this.#offset,
      truncated: !damage && this.#rest.length > 0,
      ...(damage && { damage }),
    };
  }

  #item(bytes: Buffer): Extract<RecordingItem, { raw: Buffer }> | undefined {
    if (bytes[0] === magicByte) return this.#header(bytes);
    if (this.#offset === 0) return this.#broken('this is not a recording');
    const kind = frameKind(bytes[0]!);
    if (!kind) return this.#broken(`unknown frame type ${bytes[0]}`);
    if (bytes.length < frameHeaderBytes) return undefined;
    const length = bytes.readUInt32BE(1);
    if (length > maxFramePayloadBytes) return this.#broken(`a frame claims ${length} bytes`);
    const size = frameHeaderBytes + length;
    if (bytes.length < size) return undefined;
    const time = bytes.readUInt32BE(5) * 0x1_0000_0000 + bytes.readUInt32BE(9);
    const frame = this.#frame(kind, time, bytes.subarray(frameHeaderBytes, size));
    if (!frame) return this.#broken(`a ${kind} frame has a malformed payload`);
    return { kind: 'frame', frame, offset: this.#offset, raw: bytes.subarray(0, size) };
  }

  #frame(kind: FrameKind, time: number, payload: Buffer): Frame | undefined {
    if (kind === 'repeat') {
      const decision = readRepeat(payload, this.#sessionId, this.#decisions);
      return decision && { kind: 'decision', time, decision };
    }
    const frame = decodeFrame(kind, time, payload);
    if (frame?.kind !== 'decision') return frame;
    const { as: label, ...decision } = frame.decision as RecordedDecision & { readonly as?: unknown };
    if (typeof label === 'number') this.#decisions.set(label, decision);
    return { ...frame, decision };
  }

  #header(bytes: Buffer): Extract<RecordingItem, { raw: Buffer }> | undefined {
    if (bytes.length < segmentHeaderBytes) return undefined;
    const header = decodeSegmentHeader(bytes);
    if (!header) return this.#broken('a segment header of an unknown version');
    this.#sessionId = header.sessionId;
    this.#decisions.clear();
    return { kind: 'segment', header, offset: this.#offset, raw: bytes.subarray(0, segmentHeaderBytes) };
  }

  #broken(message: string): undefined {
    this.#damage = { offset: this.#offset, message };
    return undefined;
  }
}

/** Reads a recording as a stream. Never throws on its content: what cannot be read shows in the last item. */
export async function* readRecording(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<RecordingItem> {
  const parser = new RecordingParser();
  for await (const chunk of source) yield* parser.push(chunk);
  yield parser.end();
}
