import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { JobQueue, OpenQueue } from '../../platform/queue/job-queue.js';
import { OPEN_QUEUE } from '../../platform/queue/job-queue.js';

const sweepEveryMs = 60_000;

/** What is over, and nobody asks for any more. Nothing relies on it: whatever reads these rows looks at the time itself. */
const sweeps = [
  'DELETE FROM login_flows WHERE expires_at <= now()',
  `DELETE FROM device_codes WHERE expires_at <= now() - interval '1 hour'`,
  `DELETE FROM user_code_failures WHERE at <= now() - interval '1 hour'`,
  'DELETE FROM used_logout_tokens WHERE expires_at <= now()',
  // A used code that comes again within a day still ends its login.
  `DELETE FROM authorization_codes WHERE expires_at <= now() - interval '1 day'`,
  // With them go their codes and refresh tokens.
  `DELETE FROM logins WHERE expires_at <= now() - interval '30 days' OR ended_at <= now() - interval '30 days'`,
];

@Injectable()
export class LoginsQueue implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #queue: JobQueue;

  constructor(
    @Inject(OPEN_QUEUE) openQueue: OpenQueue,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Pick<Config, 'worker'>,
  ) {
    this.#queue = openQueue('logins');
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.worker === 'none') return;
    await this.#queue.work({ sweep: () => this.sweep() });
    await this.#queue.every('sweep', sweepEveryMs);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#queue.close();
  }

  async sweep(): Promise<void> {
    for (const statement of sweeps) await this.dataSource.query(statement);
  }
}
