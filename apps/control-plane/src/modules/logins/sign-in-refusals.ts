import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../../platform/logging/logger.js';
import { AuditService } from '../audit/audit.service.js';
import { newReference } from './page.js';

const windowMs = 60_000;
const perWindow = 30;

/** Where the reasons go that a browser is not told. */
@Injectable()
export class SignInRefusals {
  #windowStart = 0;
  #recorded = 0;

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

  /** For somebody whom a provider has proved: the audit trail too. */
  async record(provider: string, reason: string): Promise<string> {
    const reference = this.note(reason);
    const target = `IdentityProvider::${provider}`;
    await this.audit.record({ actor: 'system', action: 'login.refused', target, detail: { reference, reason } });
    return reference;
  }

  /**
   * For an answer that is said to be a provider's. Anybody can bring nonsense to the addresses that take answers, and no
   * stranger may fill the audit trail or hold its lock: past some entries a minute only the log has the rest.
   */
  async recordUnproved(provider: string, reason: string): Promise<string> {
    const now = Date.now();
    if (now - this.#windowStart >= windowMs) [this.#windowStart, this.#recorded] = [now, 0];
    this.#recorded += 1;
    if (this.#recorded > perWindow) return this.note(reason);
    // Refused it is, whatever becomes of the entry.
    return this.record(provider, reason).catch((error: unknown) => this.note(reason, error));
  }
}

/** What an error says, bounded: parts of it are another server's words. */
export function wordsOf(error: unknown): string {
  const { name, message, code, error: answered } = error as Readonly<Record<string, unknown>>;
  const words = [name, message, code, answered].filter((part) => typeof part === 'string');
  return [...new Set(words)].join('; ').slice(0, 300);
}
