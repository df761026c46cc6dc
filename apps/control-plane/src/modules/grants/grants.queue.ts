import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { LOGGER } from '../../platform/logging/logger.js';
import type { JobQueue, OpenQueue } from '../../platform/queue/job-queue.js';
import { OPEN_QUEUE } from '../../platform/queue/job-queue.js';
import { AuditService } from '../audit/audit.service.js';
import { expireRequests } from './access-request.store.js';
import type { GrantRow } from './grant.store.js';
import { expireGrants } from './grant.store.js';

const sweepEveryMs = 30_000;
/** The queue's clock and the database's are not quite one. */
const graceMs = 250;

/**
 * Marks and audits what has ended by itself. Nothing relies on it: gateways keep the time of grants themselves, and
 * deciding looks at the time of requests.
 */
@Injectable()
export class GrantsQueue implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #queue: JobQueue;

  constructor(
    @Inject(OPEN_QUEUE) openQueue: OpenQueue,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Pick<Config, 'worker'>,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'warn'>,
    private readonly audit: AuditService,
  ) {
    this.#queue = openQueue('grants');
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.worker === 'none') return;
    await this.#queue.work({ sweep: () => this.sweep(), expire: () => this.sweep() });
    await this.#queue.every('sweep', sweepEveryMs);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#queue.close();
  }

  /** Does not wait for the queue: what a lost job leaves, the sweep finds. */
  expireAt({ id, expires_at }: Pick<GrantRow, 'id' | 'expires_at'>): void {
    const delayMs = expires_at.getTime() - Date.now() + graceMs;
    this.#queue
      .add('expire', { grantId: id }, { id: `expire-${id}-${expires_at.getTime()}`, delayMs })
      .catch((error: unknown) => this.log.warn({ err: error, grantId: id }, 'the end of a grant is left to the sweep'));
  }

  async sweep(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const requests = await expireRequests(manager);
      const grants = await expireGrants(manager);
      for (const id of requests) {
        const target = `AccessRequest::${id}`;
        await this.audit.record({ actor: 'system', action: 'access-request.expired', target }, manager);
      }
      for (const { id, principal, role } of grants) {
        const entry = { actor: 'system', action: 'grant.expired', target: `Grant::${id}`, detail: { principal, role } };
        await this.audit.record(entry, manager);
      }
    });
  }
}
