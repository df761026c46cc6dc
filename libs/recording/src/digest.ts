import { createHash } from 'node:crypto';

/**
 * The chain ties a recording's segments together: chain(-1) = SHA-256 of the session id's text, and
 * chain(n) = SHA-256(chain(n-1) ‖ SHA-256(segment n)). Whoever knows the last value notices any change, loss or reordering.
 */
export function initialChain(sessionId: string): Buffer {
  return createHash('sha256').update(sessionId, 'utf8').digest();
}

export function nextChain(previous: Uint8Array, segmentDigest: Uint8Array): Buffer {
  return createHash('sha256').update(previous).update(segmentDigest).digest();
}

export function segmentDigest(segment: Uint8Array): Buffer {
  return createHash('sha256').update(segment).digest();
}
