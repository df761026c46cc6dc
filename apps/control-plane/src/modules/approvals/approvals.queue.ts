import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { EventBus } from '../../platform/events/event-bus.js';
import { EVENT_BUS } from '../../platform/events/event-bus.js';
import { LOGGER } from '../../platform/logging/logger.js';
import type { JobQueue, OpenQueue } from '../../platform/queue/job-queue.js';
import { OPEN_QUEUE } from '../../platform/queue/job-queue.js';
import { expirePast, findApproval } from './approval.store.js';

const sweepEveryMs = 30_000;
/** The queue's clock and the database's are not quite one; a little late is better than once more. */
const graceMs = 250;
const expireJob = z.object({ approvalId: z.uuid() });

/**
 * Ends approvals when their time is up: one delayed job each, and a sweep for what a lost job would leave. Nothing relies
 * on it: deciding and consuming look at the time themselves.
 */
@Injectable()
export class ApprovalsQueue implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #queue: JobQueue;

  constructor(
    @Inject(OPEN_QUEUE) openQueue: OpenQueue,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EVENT_BUS) private readonly events: EventBus,
    @Inject(CONFIG) private readonly config: Pick<Config, 'worker'>,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'warn'>,
  ) {
    this.#queue = openQueue('approvals');
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.worker === 'none') return;
    await this.#queue.work({
      expire: async (data) => this.#expireOne(expireJob.parse(data).approvalId),
      sweep: () => this.sweep(),
    });
    await this.#queue.every('sweep', sweepEveryMs);
    await this.sweep();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#queue.close();
  }

  /** Does not wait for the queue: an approval whose job could not be kept is found by the sweep. */
  expireLater(approvalId: string, inMs: number): void {
    const when = { id: `expire-${approvalId}`, delayMs: inMs + graceMs };
    this.#queue
      .add('expire', { approvalId }, when)
      .catch((error: unknown) =>
        this.log.warn({ err: error, approvalId }, 'the expiry of an approval is left to the sweep'),
      );
  }

  /** Ends everything that is past its time. */
  async sweep(): Promise<void> {
    await this.#announce(await expirePast(this.dataSource));
  }

  /** Throws, so that the job is tried again, when the time is not yet up by the database's clock. */
  async #expireOne(approvalId: string): Promise<void> {
    await this.#announce(await expirePast(this.dataSource, approvalId));
    const approval = await findApproval(this.dataSource, approvalId);
    if (approval?.state === 'pending' || approval?.state === 'approved') throw new Error('the approval has time left');
  }

  async #announce(expired: readonly { id: string; gateway: string }[]): Promise<void> {
    for (const { id, gateway } of expired) await this.events.publish('approval.resolved', { gateway, approvalId: id });
  }
}
