import { Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../config/config.js';
import { LOGGER } from '../logging/logger.js';
import { openBullMqQueue } from './bullmq-queue.js';
import { OPEN_QUEUE, type OpenQueue } from './job-queue.js';

function queueOpener(config: Config, log: Logger): OpenQueue {
  return (name) =>
    openBullMqQueue(name, {
      databaseUrl: config.databaseUrl,
      redisUrl: config.redisUrl,
      onError: (error, what) => log.warn({ err: error, what }, 'the job queue has a problem'),
    });
}

/** BullMQ on PostgreSQL, or on Redis when it is configured. Whoever opens a queue closes it. */
@Global()
@Module({
  providers: [{ provide: OPEN_QUEUE, inject: [CONFIG, LOGGER], useFactory: queueOpener }],
  exports: [OPEN_QUEUE],
})
export class QueueModule {}
