/** Carries small facts between replicas. Delivery is best effort: whoever must not miss a fact reads the database too. */
export interface EventBus {
  /** Payloads are ids, a few kilobytes at most; resolves once the bus has taken it. */
  publish(topic: string, payload: unknown): Promise<void>;
  /** Returns the way to stop listening. Handlers must not throw. */
  subscribe(topic: string, handler: (payload: unknown) => void): () => void;
}

/** Injection token of the one EventBus. */
export const EVENT_BUS = Symbol('EventBus');

/**
 * Delivered on this replica alone, with no payload, when the bus is back after it was away: facts published meanwhile are
 * lost here, so whoever acts on them reads the database again.
 */
export const busResumed = 'bus.resumed';
