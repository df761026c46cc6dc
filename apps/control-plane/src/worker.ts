import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import type { Config } from './platform/config/config.js';
import { createLogger, nestLogger } from './platform/logging/logger.js';
import { cannotStart, configOrExit, exitOnFault, stopOnRequest } from './platform/process/lifecycle.js';

/** The jobs alone, for installations whose API replicas run with SALLYPORT_WORKER=none. Listens on nothing. */
// What this process is for, whatever the replicas that share its environment do.
const config: Config = { ...configOrExit('The worker'), worker: 'inline' };
const log = createLogger(config.logLevel);
exitOnFault(log);
const app = await NestFactory.createApplicationContext(AppModule.with(config, log), {
  logger: nestLogger(log),
  abortOnError: false,
}).catch(cannotStart(log));
stopOnRequest(app, config, log);
log.info('working');
