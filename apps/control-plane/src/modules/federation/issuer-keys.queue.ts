import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { busResumed, EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { LOGGER } from '../../platform/logging/logger.js';
import type { JobQueue, OpenQueue } from '../../platform/queue/job-queue.js';
import { OPEN_QUEUE } from '../../platform/queue/job-queue.js';
import type { StoredSpecs } from '../configuration/configuration.js';
import { IssuerKeys } from './issuer-keys.service.js';
import type { Patience, StoredIssuerKeys } from './issuer-keys.store.js';
import { listIssuerKeys, sourceOf } from './issuer-keys.store.js';
import { forgetExpiredTokens } from './revoked-tokens.store.js';
import { trustedIssuers } from './trusted-issuers.store.js';

const sweepEveryMs = 30_000;
/** Keys are two minutes old at most before they are fetched again; those that could not be fetched, half of one. */
const patience: Patience = { sinceFetchMs: 95_000, sinceTryMs: 25_000 };
const atOnce = 8;

/** Keeps the keys of every trusted issuer fresh: again and again, and as soon as one is declared. */
@Injectable()
export class IssuerKeysQueue implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #queue: JobQueue;
  readonly #unsubscribe: (() => void)[] = [];
  #sweeping: Promise<void> | undefined;
  #again = false;

  constructor(
    @Inject(OPEN_QUEUE) openQueue: OpenQueue,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EVENT_BUS) private readonly events: EventBus,
    @Inject(CONFIG) private readonly config: Pick<Config, 'worker'>,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'warn'>,
    private readonly keys: IssuerKeys,
  ) {
    this.#queue = openQueue('issuer-keys');
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.worker === 'none') return;
    await this.#queue.work({ sweep: () => this.sweep(), forget: () => forgetExpiredTokens(this.dataSource) });
    await this.#queue.every('sweep', sweepEveryMs);
    await this.#queue.every('forget', 10 * sweepEveryMs);
    for (const topic of ['policy.changed', busResumed]) {
      this.#unsubscribe.push(this.events.subscribe(topic, () => this.#sweepSoon()));
    }
    this.#sweepSoon();
  }

  async onApplicationShutdown(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#again = false;
    await this.#sweeping;
    await this.#queue.close();
  }

  /** Every issuer whose keys are due. */
  async sweep(): Promise<void> {
    const stored = new Map((await listIssuerKeys(this.dataSource)).map((keys) => [keys.name, keys]));
    const issuers = (await trustedIssuers(this.dataSource)).filter(({ name, spec }) => isDue(stored.get(name), spec));
    while (issuers.length > 0) {
      await Promise.all(issuers.splice(0, atOnce).map((issuer) => this.keys.refresh(issuer, patience)));
    }
  }

  /** One at a time, and once more when something changed during it. */
  #sweepSoon(): void {
    this.#again = true;
    this.#sweeping ??= this.#sweepWhileAsked().finally(() => (this.#sweeping = undefined));
  }

  async #sweepWhileAsked(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.sweep();
      } catch (error) {
        this.log.warn({ err: error }, 'the keys of issuers are left to the next sweep');
      }
    }
  }
}

/** Worth a try; whether it is too soon is settled where replicas meet, in the database. */
function isDue(stored: StoredIssuerKeys | undefined, spec: StoredSpecs['TrustedIssuer']): boolean {
  const source = sourceOf(spec);
  if (source === undefined) return false;
  if (!stored?.fetchedAt || stored.source !== source || stored.failure !== null) return true;
  return Date.now() - stored.fetchedAt.getTime() > patience.sinceFetchMs;
}
