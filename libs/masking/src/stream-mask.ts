import { MaskError } from './mask-error.js';

/**
 * Masks one document that arrives in pieces; how it is cut changes nothing of the result. What `push` answers may be the
 * chunk itself, so a chunk is not to be written to afterwards.
 *
 * Both throw {@link MaskError}; what was answered before stands, nothing may follow it, and every later call throws again.
 */
export interface StreamMask {
  push(chunk: Buffer): Buffer;
  /** The document is complete: what was held back. Call once. */
  end(): Buffer;
}

/** What a format does with the pieces; {@link guarded} keeps its promises once it has thrown. */
export interface Masker {
  push(chunk: Buffer): Buffer;
  end(): Buffer;
}

/** After a failure, fails for ever: nothing that follows a broken place is given out. */
export function guarded(masker: Masker): StreamMask {
  let failure: MaskError | undefined;
  const attempt = (step: () => Buffer): Buffer => {
    if (failure) throw failure;
    try {
      return step();
    } catch (error) {
      failure = error instanceof MaskError ? error : new MaskError('malformed', 'a document could not be masked');
      throw failure;
    }
  };
  return { push: (chunk) => attempt(() => masker.push(chunk)), end: () => attempt(() => masker.end()) };
}
