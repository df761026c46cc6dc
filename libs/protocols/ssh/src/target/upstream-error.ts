/** The target cannot be reached or used. The message is for the gateway's log; a client learns less. */
export class UpstreamError extends Error {
  override readonly name: string = 'UpstreamError';
}

/** The credential is what keeps the gateway out. The message holds nothing of it, and the client hears it as well. */
export class CredentialError extends UpstreamError {
  override readonly name = 'CredentialError';
}
