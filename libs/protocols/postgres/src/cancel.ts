import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Cancel } from './handshake.js';
import { cancelRequest } from './requests.js';
import { openSocket, type Target } from './upstream.js';

interface Cancellable {
  readonly secret: Buffer;
  readonly cancel: () => void;
}

/**
 * Process ids and secrets that clients may cancel by: the gateway's own, never the target's. Held in this process, so a
 * cancel request must come through the gateway process that runs the session.
 */
export class CancelRegistry {
  readonly #sessions = new Map<number, Cancellable>();

  /** @param secretBytes 4 for protocol 3.0, more where the protocol allows */
  register(secretBytes: number, cancel: () => void): { processId: number; secret: Buffer; remove: () => void } {
    let processId: number;
    do processId = randomBytes(4).readInt32BE(0) & 0x7fffffff;
    while (processId === 0 || this.#sessions.has(processId));
    const secret = randomBytes(secretBytes);
    this.#sessions.set(processId, { secret, cancel });
    return { processId, secret, remove: () => void this.#sessions.delete(processId) };
  }

  /** Never tells whether the request met anything. */
  request(cancel: Cancel): void {
    const session = this.#sessions.get(cancel.processId);
    if (!session || session.secret.length !== cancel.secret.length) return;
    if (timingSafeEqual(session.secret, cancel.secret)) session.cancel();
  }
}

/** How long the target may take for a cancel request. Milliseconds. */
const cancelTimeoutMs = 5000;

/** Asks the target to cancel what runs on one of its connections. Resolves when it took the request; rejects otherwise. */
export async function cancelUpstream(target: Target, processId: number, secret: Buffer): Promise<void> {
  const socket = await openSocket(target.endpoint, AbortSignal.timeout(cancelTimeoutMs));
  await new Promise<void>((resolve) => {
    socket.setTimeout(cancelTimeoutMs, () => socket.destroy());
    socket.on('error', () => undefined).once('close', () => resolve());
    socket.resume().end(cancelRequest(processId, secret));
  });
}
