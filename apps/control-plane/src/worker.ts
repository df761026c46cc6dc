import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import type { Config } from './platform/config/config.js';
import { ConfigError, loadConfig } from './platform/config/config.js';
import { createLogger, nestLogger } from './platform/logging/logger.js';

/** Longest wait for a clean stop. Milliseconds. */
const stopDeadlineMs = 10_000;

function configOrExit(): Config {
  try {
    // What this process is for, whatever the replicas that share its environment do.
    return { ...loadConfig(process.env), worker: 'inline' };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`The worker cannot start:\n${error.problems.map((line) => `  ${line}\n`).join('')}`);
    process.exit(2);
  }
}

/** The jobs alone, for installations whose API replicas run with SALLYPORT_WORKER=none. Listens on nothing. */
const config = configOrExit();
const log = createLogger(config.logLevel);

process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, 'a fault nobody expected; stopping');
  process.exit(1);
});

const app = await NestFactory.createApplicationContext(AppModule.with(config, log), {
  logger: nestLogger(log),
  abortOnError: false,
}).catch((error: unknown) => {
  log.fatal({ err: error }, 'cannot start');
  process.exit(1);
});

let stopping = false;
function stop(reason: string): void {
  if (stopping) return;
  stopping = true;
  log.info({ reason }, 'stopping');
  setTimeout(() => process.exit(1), stopDeadlineMs).unref();
  app.close().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'stopping failed');
      process.exit(1);
    },
  );
}
process.on('SIGTERM', () => stop('SIGTERM'));
process.on('SIGINT', () => stop('SIGINT'));
if (config.parentWatch) {
  process.stdin.on('end', () => stop('the supervisor is gone'));
  process.stdin.on('error', () => stop('the supervisor is gone'));
  process.stdin.resume();
}
log.info('working');
