import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/** JSON lines on standard output, written synchronously: the last words of a dying process must not get lost. */
export function createLogger(level: string, gateway: string): Logger {
  return pino(
    { level, base: { gateway }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 1, sync: true }),
  );
}
