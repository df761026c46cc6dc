import type { ReasonCode } from '@sallyport/domain';

export type FaultStatus = 400 | 403 | 404 | 405 | 406 | 413 | 415;

/** Why a request is not even judged. The text is shown to the client, so it repeats nothing that a body held. */
export class RequestFault extends Error {
  override readonly name = 'RequestFault';
  constructor(
    readonly status: FaultStatus,
    text: string,
    readonly code: ReasonCode = 'unparsable',
  ) {
    super(text);
  }
}
