/** What an upstream may take, in milliseconds, bytes and numbers. Times are kept to about a quarter of the shortest. */
export interface UpstreamLimits {
  /** Connections of one pool; over HTTP/2: requests at once. */
  readonly maxConnections: number;
  /** Requests that wait for a connection; more are refused. */
  readonly maxQueued: number;
  readonly queueMs: number;
  /** For resolving, connecting and the TLS handshake together. */
  readonly connectMs: number;
  /** From the last byte of the request that was sent to the first of the response. */
  readonly headMs: number;
  /** Between pieces of a body that the receiver wants; 0: for ever. */
  readonly bodyIdleMs: number;
  /** How long a connection without a request is kept, unless the upstream says less. */
  readonly keepAliveMs: number;
  /** Over HTTP/2: how often an upstream with requests in hand is pinged, and how long it may take to answer. */
  readonly pingMs: number;
  readonly maxHeadBytes: number;
  readonly maxFields: number;
}

export const defaultUpstreamLimits: UpstreamLimits = {
  maxConnections: 32,
  maxQueued: 256,
  queueMs: 30_000,
  connectMs: 10_000,
  headMs: 300_000,
  bodyIdleMs: 600_000,
  // Below the five seconds after which common servers close: a request on a connection that closes cannot be repeated.
  keepAliveMs: 4_000,
  pingMs: 15_000,
  maxHeadBytes: 64 * 1024,
  maxFields: 200,
};
