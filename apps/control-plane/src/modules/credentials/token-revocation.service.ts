import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { AuditService } from '../audit/audit.service.js';
import { bumpRevision, lockRevision } from '../configuration/configuration-store.js';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { isMadeFromAnother, revokeWithDescendants } from '../federation/revoked-tokens.store.js';
import { RefreshTokenGrant } from '../logins/refresh-token.grant.js';
import { AccessTokens } from './access-tokens.service.js';
import type { AccessTokenClaims } from './credential-kind.js';

/** RFC 7009: whoever holds a token may withdraw it. */
@Injectable()
export class TokenRevocation {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly tokens: AccessTokens,
    private readonly refreshTokens: RefreshTokenGrant,
    private readonly configuration: ConfigurationService,
    private readonly audit: AuditService,
  ) {}

  /** Also of a refresh token, and then of its whole login (§2.1). Whatever is neither is let be. */
  async revoke(token: string, clientId: string | undefined): Promise<void> {
    const claims = await this.tokens.read(token);
    if (claims) await this.withdraw(claims);
    else await this.refreshTokens.revoke(token, clientId);
  }

  private async withdraw({ subject, actor, credentialId, tokenId, expiresAt }: AccessTokenClaims): Promise<void> {
    const done = await this.dataSource.transaction(async (manager) => {
      await lockRevision(manager);
      const tokens = await revokeWithDescendants(manager, tokenId, expiresAt);
      if (tokens === 0) return undefined;
      const next = await bumpRevision(manager);
      const detail = { tokenId, credentialId, tokens, revision: next };
      const who = actor?.subject ?? subject;
      await this.audit.record({ actor: who, action: 'token.revoked', target: subject, detail }, manager);
      return { revision: next, isPart: await isMadeFromAnother(manager, tokenId) };
    });
    if (!done) return;
    await this.configuration.publish('policy.changed', { revision: done.revision });
    // A key or a login stands without this token of it, and an exchange without what was made from its own. For these the
    // revision is enough: it names the tokens.
    if (done.isPart || !credentialId.startsWith('exchange:')) return;
    await this.configuration.publish('identity.revoked', { principal: subject, credentialId, revision: done.revision });
  }
}
