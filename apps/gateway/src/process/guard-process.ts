import type { Gateway } from '../gateway.js';
import type { Logger } from '../logger.js';

/**
 * How the process ends: in order on SIGTERM, SIGINT or the end of its parent; at once when something happened that nobody
 * foresaw. It never goes on after that, because what it would enforce is no longer known.
 */
export function guardProcess(
  gateway: Pick<Gateway, 'stop' | 'stopAccepting'>,
  log: Logger,
  parentWatch: boolean,
): void {
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => fail('the gateway could not stop in order', error),
    );
  };
  const fail = (what: string, error: unknown): void => {
    try {
      log.fatal({ err: error }, what);
      gateway.stopAccepting();
    } finally {
      process.exit(1);
    }
  };
  process.on('uncaughtException', (error) => fail('an exception that nobody expected', error));
  process.on('unhandledRejection', (error) => fail('a rejection that nobody expected', error));
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (!parentWatch) return;
  process.stdin.on('end', () => stop('the parent process is gone'));
  process.stdin.on('error', () => stop('the parent process is gone'));
  process.stdin.resume();
}
