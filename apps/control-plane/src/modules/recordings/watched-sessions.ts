import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { topics } from '../../platform/events/topics.js';
import { LOGGER } from '../../platform/logging/logger.js';

/** How long saying once that a session is watched lasts. */
export const watchedSeconds = 10;

/** Which sessions are watched, on whatever replica: only of those is it told that a segment has come. */
@Injectable()
export class WatchedSessions implements OnApplicationShutdown {
  readonly #until = new Map<string, number>();
  readonly #unsubscribe: () => void;

  constructor(
    @Inject(EVENT_BUS) private readonly events: EventBus,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'warn'>,
  ) {
    this.#unsubscribe = events.subscribe('session.watched', (payload) => {
      this.#note(topics['session.watched'].parse(payload).sessionId);
    });
  }

  /** Tells whoever watches. They look by themselves too, less often: what goes wrong here costs them a second. */
  stored(sessionId: string): void {
    if ((this.#until.get(sessionId) ?? 0) < performance.now()) return;
    this.events
      .publish('recording.stored', { sessionId })
      .catch((error: unknown) => this.log.warn({ err: error, sessionId }, 'watchers could not be told of a segment'));
  }

  onApplicationShutdown(): void {
    this.#unsubscribe();
  }

  #note(sessionId: string): void {
    const now = performance.now();
    for (const [id, until] of this.#until) if (until < now) this.#until.delete(id);
    this.#until.set(sessionId, now + watchedSeconds * 1000);
  }
}
