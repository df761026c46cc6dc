import type { ByteSink } from './byte-sink.js';

/**
 * One format's rows: finds them, however the stream is cut, and masks each as a whole. Offsets that an implementation keeps
 * between calls are relative to the row's start, so the bytes may move in memory.
 */
export interface CopyRowMask {
  /** Goes on where it stopped. Answers the offset behind the row, -1 while the row is incomplete. */
  find(bytes: Buffer, rowStart: number, end: number): number;
  /** Appends the row just found, masked. */
  mask(bytes: Buffer, rowStart: number, rowEnd: number, out: ByteSink): void;
  /** Forgets the row that was found. */
  next(): void;
  /** Whether the data may end here. */
  readonly ended: boolean;
}
