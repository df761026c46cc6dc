import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../../platform/logging/logger.js';
import { AuditService } from '../audit/audit.service.js';
import { newReference } from './page.js';

/** Where the reasons go that a browser is not told. */
@Injectable()
export class SignInRefusals {
  constructor(
    @Inject(LOGGER) private readonly log: Logger,
    private readonly audit: AuditService,
  ) {}

  /** For what anybody can cause at will: the log alone. Answers the reference that the browser is shown. */
  note(reason: string, error?: unknown): string {
    const reference = newReference();
    // Never the error itself: what a provider sent hangs on it, tokens included.
    this.log.warn({ reference, reason, ...(error !== undefined && { cause: wordsOf(error) }) }, 'a sign-in failed');
    return reference;
  }

  /** For what a provider answered, or whom we refused: the audit trail too. */
  async record(provider: string, reason: string): Promise<string> {
    const reference = this.note(reason);
    const target = `IdentityProvider::${provider}`;
    await this.audit.record({ actor: 'system', action: 'login.refused', target, detail: { reference, reason } });
    return reference;
  }
}

/** What an error says, bounded: parts of it are another server's words. */
export function wordsOf(error: unknown): string {
  const { name, message, code, error: answered } = error as Readonly<Record<string, unknown>>;
  const words = [name, message, code, answered].filter((part) => typeof part === 'string');
  return [...new Set(words)].join('; ').slice(0, 300);
}
