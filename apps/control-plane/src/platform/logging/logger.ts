import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';
import { pino } from 'pino';
import type { LogLevel } from '../config/config.js';

/** Injection token of the process's pino Logger. */
export const LOGGER = Symbol('Logger');

/** JSON lines on standard error. Requests are logged by route and status: never their headers, bodies or query. */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, base: { process: 'control-plane' } }, pino.destination({ fd: 2, sync: true }));
}

/** Lets the framework write to the same log. */
export function nestLogger(log: Logger): LoggerService {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (message: unknown) =>
    log[level](message instanceof Error ? { err: message } : { msg: String(message) });
  return {
    log: write('debug'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('debug'),
  };
}
