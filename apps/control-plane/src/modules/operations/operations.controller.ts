import { Controller, Get, Header, Inject } from '@nestjs/common';
import { apiRoutes, buildOpenApi } from '@sallyport/api-contract';
import { register } from 'prom-client';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { Public } from '../../platform/auth/authorize.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { LOGGER } from '../../platform/logging/logger.js';
import { version } from './version.js';

/** What those who run the server ask it. None of it names a principal or a resource. */
@Controller()
export class OperationsController {
  private readonly openApi: Record<string, unknown>;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(CONFIG) config: Config,
  ) {
    this.openApi = buildOpenApi(apiRoutes, { version, url: config.publicUrl });
  }

  @Get('healthz')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Public()
  health(): string {
    return 'ok\n';
  }

  @Get('readyz')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Public()
  async ready(): Promise<string> {
    try {
      await this.dataSource.query('SELECT 1');
    } catch (error) {
      this.log.warn({ err: error }, 'not ready: the database does not answer');
      throw new ProblemError(503, 'not-ready', 'The database does not answer.');
    }
    return 'ready\n';
  }

  @Get('metrics')
  @Header('Content-Type', register.contentType)
  @Public()
  metrics(): Promise<string> {
    return register.metrics();
  }

  @Get('openapi.json')
  @Public()
  document(): Record<string, unknown> {
    return this.openApi;
  }
}
