import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Gauge, register } from 'prom-client';
import { LOGGER } from '../../platform/logging/logger.js';
import { ApprovalsQueries } from './approvals.queries.js';

const name = 'sallyport_pending_approvals';

/** Counted when it is asked for, so that every replica says the same. */
@Injectable()
export class ApprovalsMetrics implements OnApplicationShutdown {
  constructor(queries: ApprovalsQueries, @Inject(LOGGER) log: Pick<Logger, 'warn'>) {
    // Two replicas in one process, as in tests: the newer one counts.
    register.removeSingleMetric(name);
    const gauge: Gauge = new Gauge({
      name,
      help: 'Requests that wait for approval.',
      registers: [register],
      collect: async () => {
        try {
          gauge.set(await queries.countPending());
        } catch (error) {
          // The other metrics are worth having most when the database is away.
          log.warn({ err: error }, 'pending approvals could not be counted');
          gauge.set(Number.NaN);
        }
      },
    });
  }

  onApplicationShutdown(): void {
    register.removeSingleMetric(name);
  }
}
