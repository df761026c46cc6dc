import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { ConfigError, loadConfig } from '../config/config.js';
import { closeToInspectors, openingFlags } from './closed-process.js';

/** Longest wait for a clean stop. Milliseconds. */
const stopDeadlineMs = 10_000;

/** The settings, or exit code 2 with one line for each that is wrong. From here on nobody looks into the process. */
export function configOrExit(what: string): Config {
  closeToInspectors();
  try {
    const flags = openingFlags(process.execArgv, process.env['NODE_OPTIONS']);
    if (flags.length > 0) throw new ConfigError(flags);
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${what} cannot start:\n${error.problems.map((line) => `  ${line}\n`).join('')}`);
    process.exit(2);
  }
}

/** Exit code 1 for what nobody expected: a process in an unknown state decides nothing. */
export function exitOnFault(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a fault nobody expected; stopping');
    process.exit(1);
  });
}

/** What a start that fails ends with. */
export function cannotStart(log: Logger): (error: unknown) => never {
  return (error) => {
    log.fatal({ err: error }, 'cannot start');
    process.exit(1);
  };
}

/** Stops cleanly on SIGTERM, SIGINT, and where a supervisor is watched, when that is gone. */
export function stopOnRequest(app: { close(): Promise<void> }, config: Config, log: Logger): void {
  let isStopping = false;
  const stop = (reason: string): void => {
    if (isStopping) return;
    isStopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => process.exit(1), stopDeadlineMs).unref();
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (!config.parentWatch) return;
  process.stdin.on('end', () => stop('the supervisor is gone'));
  process.stdin.on('error', () => stop('the supervisor is gone'));
  process.stdin.resume();
}
