/** The target cannot be reached or used. The message is for the gateway's log; a client learns less. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
}
