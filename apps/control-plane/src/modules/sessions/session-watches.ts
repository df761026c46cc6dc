import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Session } from '@sallyport/api-contract';
import type { Logger } from 'pino';
import { EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { topics } from '../../platform/events/topics.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { LOGGER } from '../../platform/logging/logger.js';
import { sessionWatchers } from './session-watch.metrics.js';
import { Watch } from './watch.js';

/** Each holds a connection, and a segment of a recording in memory while it is sent. */
export const watchLimits = { perSession: 8, perWatcher: 8, perReplica: 64 } as const;
/** Twice within the time for which saying it lasts. Milliseconds. */
const sayEveryMs = 3_000;
/** How long a replica that stops lets its watchers hear so. Milliseconds. */
const farewellMs = 1_000;

/** Who watches which session on this replica. While somebody does, the session's gateway is told so. */
@Injectable()
export class SessionWatches implements BeforeApplicationShutdown {
  readonly #watches = new Set<Watch>();
  readonly #unsubscribe: () => void;
  #saying: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(
    @Inject(EVENT_BUS) private readonly events: EventBus,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'warn'>,
  ) {
    this.#unsubscribe = events.subscribe('recording.stored', (payload) => {
      const { sessionId } = topics['recording.stored'].parse(payload);
      for (const watch of this.#watches) if (watch.sessionId === sessionId) watch.tell();
    });
  }

  /**
   * A place for this watcher. Whoever gets one leaves it again.
   * @param watcher who, as the audit names it
   * @throws ProblemError 429 where there are too many, 503 while the replica stops
   */
  join({ id, gateway }: Pick<Session, 'id' | 'gateway'>, watcher: string): Watch {
    if (this.#isStopping) throw new ProblemError(503, 'stopping', 'This replica stops.');
    const count = (isLike: (watch: Watch) => boolean): number => [...this.#watches].filter(isLike).length;
    if (count((watch) => watch.sessionId === id) >= watchLimits.perSession) throw tooMany('of this session');
    if (count((watch) => watch.watcher === watcher) >= watchLimits.perWatcher) throw tooMany('of yours');
    if (this.#watches.size >= watchLimits.perReplica) throw tooMany('on this replica');
    const watch = new Watch(id, gateway, watcher);
    this.#watches.add(watch);
    sessionWatchers.set(this.#watches.size);
    this.#saying ??= setInterval(() => this.#sayAll(), sayEveryMs).unref();
    this.#say(watch);
    return watch;
  }

  leave(watch: Watch): void {
    this.#watches.delete(watch);
    sessionWatchers.set(this.#watches.size);
    if (this.#watches.size > 0) return;
    clearInterval(this.#saying);
    this.#saying = undefined;
  }

  /** Before the server closes their connections: they hear why. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopping = true;
    this.#unsubscribe();
    for (const watch of this.#watches) watch.stop();
    const deadline = performance.now() + farewellMs;
    while (this.#watches.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  #sayAll(): void {
    const bySession = new Map([...this.#watches].map((watch) => [watch.sessionId, watch]));
    for (const watch of bySession.values()) this.#say(watch);
  }

  /** Unheard, the gateway delivers as it always does, and the watcher sees it some seconds later. */
  #say({ gateway, sessionId }: Watch): void {
    this.events
      .publish('session.watched', { gateway, sessionId })
      .catch((error: unknown) => this.log.warn({ err: error, sessionId }, 'a gateway could not be told of a watcher'));
  }
}

function tooMany(which: string): ProblemError {
  return new ProblemError(429, 'too-many-watchers', `There are too many watches ${which}: end one first.`, {
    headers: { 'Retry-After': '5' },
  });
}
