export type MaskErrorCode =
  | 'malformed' // not the format it is said to be
  | 'encoding' // not UTF-8, or text that no UTF-8 could say
  | 'too-deep' // nested deeper than is followed
  | 'too-long' // one piece longer than is held in memory
  | 'too-complex'; // the rules meet in more ways than are followed

/**
 * A document cannot be masked, so nothing more of it may be shown. Its message says what was wrong and where, never a value.
 */
export class MaskError extends Error {
  override readonly name = 'MaskError';

  constructor(
    readonly code: MaskErrorCode,
    message: string,
  ) {
    super(message);
  }
}
