/**
 * The recording format, version 2. A recording is its segments one after another; each can be stored and checked alone.
 *
 *     segment  = header frame*
 *     header   = "SPRC" version:u8 zero:u8[3] sessionId:u8[16] index:u32 previousChain:u8[32]
 *     frame    = type:u8 length:u32 time:u64 payload:u8[length]
 *
 * Integers are big-endian. `time` is microseconds since the Unix epoch. `sessionId` is the UUID's 16 bytes. `index` counts
 * from 0. `previousChain` is the chain value before this segment (see digest.ts). Frames never span segments. The first
 * frame of segment 0 is `open`; the last frame of the last segment is `close`. Version 1 knows no `repeat` and is read too.
 */
export const formatVersion = 2;
export const segmentMagic = 'SPRC';
export const segmentHeaderBytes = 60;
export const frameHeaderBytes = 13;
/** A longer frame is damage, not data. Bytes. */
export const maxFramePayloadBytes = 256 * 1024 * 1024;
/** Raw bytes are split into frames of at most this length, so that a segment ends near its size. Bytes. */
export const rawFrameBytes = 256 * 1024;

const chainOffset = 28;

/** None of these equals the magic's first byte, so a header is told from a frame by one byte. */
export const frameTypes = {
  open: 1,
  decision: 2,
  request: 3,
  response: 4,
  outcome: 5,
  note: 6,
  close: 7,
  repeat: 8,
} as const;
export type FrameKind = keyof typeof frameTypes;

const kinds = new Map<number, FrameKind>(Object.entries(frameTypes).map(([kind, type]) => [type, kind as FrameKind]));

export function frameKind(type: number): FrameKind | undefined {
  return kinds.get(type);
}

export interface SegmentHeader {
  readonly sessionId: string;
  readonly index: number;
  /** 32 bytes. */
  readonly previousChain: Buffer;
}

/** The 16 bytes of a UUID. Throws RangeError when it is none. */
export function sessionIdBytes(sessionId: string): Buffer {
  const id = Buffer.from(sessionId.replaceAll('-', ''), 'hex');
  if (id.length !== 16) throw new RangeError('a session id is a UUID');
  return id;
}

/** @param bytes the 16 of a UUID */
export function sessionIdOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A writer that learns the chain value later leaves it out and sets it with `setPreviousChain` before the segment leaves. */
export function encodeSegmentHeader(sessionId: string, index: number, previousChain?: Uint8Array): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes);
  header.write(segmentMagic, 0, 'latin1');
  header[4] = formatVersion;
  header.set(sessionIdBytes(sessionId), 8);
  header.writeUInt32BE(index, 24);
  if (previousChain) header.set(previousChain, chainOffset);
  return header;
}

export function setPreviousChain(segment: Buffer, previousChain: Uint8Array): void {
  segment.set(previousChain, chainOffset);
}

/** Undefined when these bytes are no header of a version this code reads. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < segmentHeaderBytes || bytes.toString('latin1', 0, 4) !== segmentMagic) return undefined;
  if (bytes[4] === 0 || bytes[4]! > formatVersion || bytes[5] !== 0 || bytes[6] !== 0 || bytes[7] !== 0)
    return undefined;
  return {
    sessionId: sessionIdOf(bytes.subarray(8, 24)),
    index: bytes.readUInt32BE(24),
    previousChain: Buffer.from(bytes.subarray(chainOffset, segmentHeaderBytes)),
  };
}

/** Writes a frame's header at `offset`. Written byte by byte: this runs for every frame. */
export function writeFrameHeader(target: Buffer, offset: number, type: number, length: number, time: number): void {
  const high = Math.floor(time / 0x1_0000_0000);
  const low = time >>> 0;
  target[offset] = type;
  target[offset + 1] = length >>> 24;
  target[offset + 2] = length >>> 16;
  target[offset + 3] = length >>> 8;
  target[offset + 4] = length;
  target[offset + 5] = high >>> 24;
  target[offset + 6] = high >>> 16;
  target[offset + 7] = high >>> 8;
  target[offset + 8] = high;
  target[offset + 9] = low >>> 24;
  target[offset + 10] = low >>> 16;
  target[offset + 11] = low >>> 8;
  target[offset + 12] = low;
}
