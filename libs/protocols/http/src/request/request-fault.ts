import type { Reason } from '@sallyport/domain';

export type FaultStatus = 400 | 405 | 413 | 415 | 422;

/** Why a request is refused before policy is asked. The text is a fixed sentence: it never repeats what the client sent. */
export class RequestFault extends Error {
  override readonly name = 'RequestFault';
  constructor(
    readonly status: FaultStatus,
    message: string,
    readonly code: 'unparsable' | 'unsupported' = 'unparsable',
  ) {
    super(message);
  }

  reason(): Reason {
    return { code: this.code, text: this.message };
  }
}

/** Not what was expected there: the request is not understood. */
export function malformed(message: string): RequestFault {
  return new RequestFault(400, message);
}

/** Understood, and never let through. */
export function unsupportedMedia(message: string): RequestFault {
  return new RequestFault(415, message, 'unsupported');
}
