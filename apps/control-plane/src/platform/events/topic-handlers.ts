import { z } from 'zod';

type Handler = (payload: unknown) => void;

/** What travels on every transport. */
const wireEvent = z.object({ topic: z.string(), payload: z.unknown() });

/** Who listens to what on this replica; the part that both transports share. */
export class TopicHandlers {
  readonly #handlers = new Map<string, Set<Handler>>();

  constructor(private readonly onError: (error: unknown, topic: string) => void) {}

  add(topic: string, handler: Handler): () => void {
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  /** One handler's failure neither reaches the transport nor keeps the fact from the others. */
  deliver(topic: string, payload: unknown): void {
    for (const handler of [...(this.#handlers.get(topic) ?? [])]) {
      try {
        handler(payload);
      } catch (error) {
        this.onError(error, topic);
      }
    }
  }

  /** Text that is no event was written by somebody else on the same channel; it is dropped and reported. */
  deliverText(text: string): void {
    try {
      const { topic, payload } = wireEvent.parse(JSON.parse(text));
      this.deliver(topic, payload);
    } catch (error) {
      this.onError(error, 'unreadable');
    }
  }
}

export function eventText(topic: string, payload: unknown): string {
  return JSON.stringify({ topic, payload: payload ?? null });
}
