import 'reflect-metadata';
import { createApp } from './create-app.js';
import type { Config } from './platform/config/config.js';
import { ConfigError, formatListen, loadConfig } from './platform/config/config.js';
import { createLogger } from './platform/logging/logger.js';

/** Longest wait for a clean stop. Milliseconds. */
const stopDeadlineMs = 10_000;

function configOrExit(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`The control plane cannot start:\n${error.problems.map((line) => `  ${line}\n`).join('')}`);
    process.exit(2);
  }
}

const config = configOrExit();
const log = createLogger(config.logLevel);

process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, 'a fault nobody expected; stopping');
  process.exit(1);
});

const app = await createApp(config, log).catch((error: unknown) => {
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

await app.listen(config.listen.port, config.listen.host);
log.info({ listen: formatListen(config.listen), url: config.publicUrl }, 'ready');
