import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../../platform/logging/logger.js';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { AccessRequestRow } from './access-request.store.js';
import type { GrantRow } from './grant.store.js';
import type { Granted } from './granting.js';
import { brokenGlass } from './grants.metrics.js';
import { GrantsQueue } from './grants.queue.js';

/**
 * Tells the rest what became of grants, after it is durable. Ending one grant cuts no session by itself: the gateways judge
 * every session anew under the new revision, and what another grant still permits goes on.
 */
@Injectable()
export class GrantNews {
  constructor(
    private readonly configuration: ConfigurationService,
    private readonly queue: GrantsQueue,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'error'>,
  ) {}

  /** Made or made longer. */
  async granted({ grant, revision }: Granted): Promise<void> {
    this.queue.expireAt(grant);
    await this.changed(revision);
  }

  async changed(revision: number): Promise<void> {
    await this.configuration.publish('policy.changed', { revision });
  }

  /** As loud as this process can be: nobody was asked. */
  async brokeGlass(request: AccessRequestRow, granted: Granted): Promise<void> {
    const { grant } = granted;
    brokenGlass.inc({ role: grant.role });
    this.log.error(facts(request, grant), 'break-glass: a role was taken without approval');
    await this.granted(granted);
    await this.configuration.publish('grant.broke-glass', { grantId: grant.id });
  }
}

function facts(request: AccessRequestRow, grant: GrantRow): Record<string, unknown> {
  const { role, resources, principal } = grant;
  return {
    ...{ grantId: grant.id, role, resources, principal, reason: request.reason },
    expiresAt: grant.expires_at.toISOString(),
  };
}
