/** Times in milliseconds, sizes in bytes. */
export interface ServerLimits {
  /** Method, target and version: 414 beyond. */
  readonly requestLineBytes: number;
  /** Request line and fields together: 431 beyond. HTTP/2: the decoded list, counted as RFC 9113 section 6.5.2 does. */
  readonly headBytes: number;
  readonly fields: number;
  /** What is kept of bytes that came before anyone wanted them: the next request, a body that was not asked for. */
  readonly readAheadBytes: number;
  /** How much of a body nobody wants is read for the sake of the connection; beyond, the connection ends. */
  readonly drainBytes: number;
  /** From a head's first byte to its last: 408 beyond. */
  readonly headMs: number;
  /** Between requests, and before the first. */
  readonly idleMs: number;
  /** Without a byte of a body that is being read: 408 beyond. */
  readonly bodyIdleMs: number;
  /** A body's average rate in bytes a second, once `bodyIdleMs` have passed: 408 below. */
  readonly bodyRate: number;
  /** Without 64 kB of the answer taken by a client that has more waiting: the connection, or the stream, ends. */
  readonly writeStallMs: number;
  /** How long a connection that is over is still read, so that its last answer is not lost to a reset. */
  readonly lingerMs: number;
  /** HTTP/2: requests at a time on one connection. */
  readonly concurrentStreams: number;
  /** HTTP/2: streams that a client may reset within `resetWindowMs` (CVE-2023-44487). */
  readonly resets: number;
  readonly resetWindowMs: number;
  /** HTTP/2: megabytes that one connection may hold in the library, header tables and queued frames together. */
  readonly sessionMegabytes: number;
}

export const defaultServerLimits: ServerLimits = {
  requestLineBytes: 16 * 1024,
  headBytes: 64 * 1024,
  fields: 100,
  readAheadBytes: 64 * 1024,
  drainBytes: 256 * 1024,
  headMs: 10_000,
  idleMs: 75_000,
  bodyIdleMs: 30_000,
  bodyRate: 128,
  writeStallMs: 30_000,
  lingerMs: 2_000,
  concurrentStreams: 100,
  resets: 200,
  resetWindowMs: 10_000,
  sessionMegabytes: 10,
};
