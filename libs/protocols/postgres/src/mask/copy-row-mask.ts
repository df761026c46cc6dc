/**
 * One format's rows: finds them, however the stream is cut, and masks each as a whole. Offsets that an implementation keeps
 * between calls are relative to the row's start, so the bytes may move in memory.
 */
export interface CopyRowMask {
  /** Goes on where it stopped. Answers the offset behind the row, -1 while the row is incomplete. */
  find(bytes: Buffer, rowStart: number, end: number): number;
  /** The row just found, masked, in memory of its own. */
  mask(bytes: Buffer, rowStart: number, rowEnd: number): Buffer;
  /** Forgets the row that was found. */
  next(): void;
  /** Whether the data may end here. */
  readonly ended: boolean;
}
