export type LinkErrorCode =
  | 'offline' // there is no connection, or it ended before the reply: whether the other side acted is unknown
  | 'timeout' // no reply in time: likewise unknown
  | 'refused' // the control plane said no
  | 'malformed'; // the reply is not what the contract says

export class LinkError extends Error {
  override readonly name = 'LinkError';
  constructor(
    readonly code: LinkErrorCode,
    message: string,
    /** The control plane's own code, where it refused. */
    readonly remoteCode?: string,
  ) {
    super(message);
  }

  /** True when asking again would be answered the same: the control plane looked at it and said no. */
  get final(): boolean {
    return this.code === 'refused' && this.remoteCode !== 'unavailable';
  }
}
