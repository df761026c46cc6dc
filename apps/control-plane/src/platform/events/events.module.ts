import type { OnApplicationShutdown } from '@nestjs/common';
import { Global, Inject, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { CONFIG, type Config } from '../config/config.js';
import { LOGGER } from '../logging/logger.js';
import { EVENT_BUS } from './event-bus.js';
import { PostgresEventBus } from './postgres-event-bus.js';
import { RedisEventBus } from './redis-event-bus.js';

type ClosableBus = PostgresEventBus | RedisEventBus;

function openBus(config: Config, log: Logger): Promise<ClosableBus> {
  const onError = (error: unknown, what: string): void => log.warn({ err: error, what }, 'the event bus has a problem');
  return config.redisUrl === undefined
    ? PostgresEventBus.start({ url: config.databaseUrl, onError })
    : RedisEventBus.start({ url: config.redisUrl, onError });
}

/** LISTEN/NOTIFY, or Redis when it is configured. */
@Global()
@Module({
  providers: [{ provide: EVENT_BUS, inject: [CONFIG, LOGGER], useFactory: openBus }],
  exports: [EVENT_BUS],
})
export class EventsModule implements OnApplicationShutdown {
  constructor(@Inject(EVENT_BUS) private readonly bus: ClosableBus) {}

  async onApplicationShutdown(): Promise<void> {
    await this.bus.close();
  }
}
