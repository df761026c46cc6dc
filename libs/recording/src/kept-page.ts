import { frameHeaderBytes, frameKind } from './format.js';

/**
 * What a page that outlives its process holds:
 *
 *     page  = run*
 *     run   = place frame*
 *     place = zero:u8 index:u32 offset:u32
 *
 * Integers are big-endian. The frames of a run are what belongs at `offset` of the session's segment `index`: putting them
 * there twice changes nothing. No frame's type is zero.
 */
export interface SegmentPlace {
  readonly index: number;
  readonly offset: number;
}

export interface SegmentPiece extends SegmentPlace {
  readonly bytes: Buffer;
}

export const placeBytes = 9;

export function writePlace(target: Buffer, at: number, { index, offset }: SegmentPlace): void {
  target[at] = 0;
  target.writeUInt32BE(index, at + 1);
  target.writeUInt32BE(offset, at + 5);
}

/** @param bytes of a page, up to where it was published. Stops at the first thing that is neither a place nor a whole frame. */
export function* readKeptPage(bytes: Buffer): Generator<SegmentPiece> {
  for (let at = 0; at + placeBytes <= bytes.length && bytes[at] === 0;) {
    const start = at + placeBytes;
    const end = endOfFrames(bytes, start);
    if (end > start)
      yield {
        index: bytes.readUInt32BE(at + 1),
        offset: bytes.readUInt32BE(at + 5),
        bytes: bytes.subarray(start, end),
      };
    at = end;
  }
}

function endOfFrames(bytes: Buffer, start: number): number {
  let at = start;
  while (at + frameHeaderBytes <= bytes.length && frameKind(bytes[at]!)) {
    const end = at + frameHeaderBytes + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    at = end;
  }
  return at;
}
