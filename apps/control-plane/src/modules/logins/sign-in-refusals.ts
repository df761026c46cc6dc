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
    this.log.warn({ reference, reason, err: error }, 'a sign-in failed');
    return reference;
  }

  /** For what a provider answered, or whom we refused: the audit trail too. */
  async record(provider: string, reason: string, error?: unknown): Promise<string> {
    const reference = this.note(reason, error);
    const target = `IdentityProvider::${provider}`;
    await this.audit.record({ actor: 'system', action: 'login.refused', target, detail: { reference, reason } });
    return reference;
  }
}
