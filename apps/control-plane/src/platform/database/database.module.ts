import type { OnApplicationShutdown } from '@nestjs/common';
import { Global, Inject, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.js';
import { DATA_SOURCE, openDataSource } from './data-source.js';

@Global()
@Module({
  providers: [
    { provide: DATA_SOURCE, inject: [CONFIG], useFactory: (config: Config) => openDataSource(config.databaseUrl) },
  ],
  exports: [DATA_SOURCE],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}
