import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../../platform/logging/logger.js';
import { tokenRefusals } from './federation.metrics.js';

/** Lines in the log that strangers can bring about; every refusal is counted anyway. */
const maxLines = 30;
const perMs = 10_000;

/** Why tokens are refused: for whoever runs this installation, and never for whoever showed the token. */
@Injectable()
export class TokenRefusals {
  #lines = 0;
  #since = 0;

  constructor(@Inject(LOGGER) private readonly log: Pick<Logger, 'info'>) {}

  /** @param facts names of declared objects; nothing of the token itself. */
  note(where: 'api' | 'exchange', reason: string, facts: Readonly<Record<string, string | undefined>> = {}): void {
    tokenRefusals.inc({ where, reason });
    const now = Date.now();
    if (now - this.#since > perMs) [this.#since, this.#lines] = [now, 0];
    this.#lines += 1;
    if (this.#lines <= maxLines) this.log.info({ where, reason, ...facts }, 'a token was refused');
  }
}
