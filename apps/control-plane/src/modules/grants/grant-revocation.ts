import { Inject, Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { AuditService } from '../audit/audit.service.js';
import { bumpRevision, lockRevision } from '../configuration/configuration-store.js';
import { findRequest } from './access-request.store.js';
import { GrantNews } from './grant-news.js';
import { lockGrant, revokeGrant } from './grant.store.js';
import { noGrant } from './grants.queries.js';
import { isParty } from './request-terms.js';

/** Ends grants before their time. */
@Injectable()
export class GrantRevocation {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly news: GrantNews,
  ) {}

  /** @param rights whether the caller may end, or at least see, anybody's. Throws ProblemError. */
  async revoke(
    id: string,
    caller: CallerIdentity,
    rights: { readonly end: boolean; readonly see: boolean },
  ): Promise<void> {
    const actor = principalRef(caller.principal);
    const revision = await this.dataSource.transaction(async (manager) => {
      await lockRevision(manager);
      const grant = await lockGrant(manager, id);
      const request = grant && (await findRequest(manager, grant.request_id));
      const isOwn = request !== undefined && isParty(caller.principal, request);
      if (!grant || !(isOwn || rights.end || rights.see)) throw noGrant();
      if (!isOwn && !rights.end) throw new ProblemError(403, 'forbidden', 'Your identity may not do this.');
      if (!(await revokeGrant(manager, id, actor))) {
        throw new ProblemError(409, 'grant-ended', 'The grant has ended already.');
      }
      const next = await bumpRevision(manager);
      const { principal, role, resources, expires_at } = grant;
      const before = { principal, role, resources, expiresAt: expires_at.toISOString() };
      const detail = { revision: next, before, credentialId: caller.credentialId };
      await this.audit.record({ actor, action: 'grant.revoked', target: `Grant::${id}`, detail }, manager);
      return next;
    });
    await this.news.changed(revision);
  }
}
