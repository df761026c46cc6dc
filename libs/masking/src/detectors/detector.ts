import type { Stretch } from './stretch.js';

/** Where a detector found something. One is reused for all findings. */
export interface Finding {
  start: number;
  /** Behind the last byte. For something open, behind the bytes that made it certain. */
  end: number;
  /** Set when it may go on past every bound. */
  open: OpenEnd | undefined;
}

/** The end of something that has no greatest length. */
export interface OpenEnd {
  /**
   * Where it ends, looking from `from` on; -1 when it goes on past the stretch. Is called again with later bytes and the
   * last {@link lookBehind} of those it has seen.
   */
  close(text: Stretch, from: number): number;
}

/**
 * Finds one kind of data in text. Looks closer only at its triggers, at most {@link lookBehind} bytes back and
 * {@link lookAhead} forward, never across the end of a line, and in time that does not depend on the length of the text: so
 * whatever a text reads, detection is linear, and a stream need only hold that much back.
 */
export interface Detector {
  /** The bytes at which to look closer. */
  readonly triggers: string;
  /**
   * Whether to look at numbers, at their first digit: `any` those long enough or with separators behind them, `coded` those
   * behind two letters that begin a word.
   */
  readonly numbers?: 'any' | 'coded';
  /**
   * @param at where the trigger or the number's first digit is
   * @param finding to be filled in
   * @returns whether it was
   */
  find(text: Stretch, at: number, finding: Finding): boolean;
}

/** Bytes; more than any detector uses. */
export const lookBehind = 128;
export const lookAhead = 640;
