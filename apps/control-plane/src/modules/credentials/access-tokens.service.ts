import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Signer } from '../../platform/crypto/signer.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { isTokenRevoked } from '../federation/revoked-tokens.store.js';
import { readAccessToken } from './access-token.js';
import { Agents } from './agents.service.js';
import type { AccessTokenClaims, CredentialKind } from './credential-kind.js';
import { CREDENTIAL_KINDS } from './credential-kind.js';

/** Access tokens of this control plane: what they say, and whether what is behind them still stands. */
@Injectable()
export class AccessTokens {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly signer: Signer,
    private readonly agents: Agents,
    @Inject(CREDENTIAL_KINDS) private readonly kinds: readonly CredentialKind[],
  ) {}

  /** Undefined for whatever is no access token of ours that is valid by itself. */
  read(token: string): Promise<AccessTokenClaims | undefined> {
    return readAccessToken(this.signer, token);
  }

  /** Who that is now; undefined when the token was withdrawn, or a credential behind it does not stand. */
  async prove({ actor, ...claims }: AccessTokenClaims): Promise<CallerIdentity | undefined> {
    if (await isTokenRevoked(this.dataSource, claims.tokenId)) return undefined;
    // Ids without a colon are keys'; a prefix that no kind has proves nobody.
    const prefix = /^[^:]*:/.exec(claims.credentialId)?.[0] ?? '';
    const caller = await this.kinds.find((kind) => kind.prefix === prefix)?.prove(claims);
    if (!caller || !actor) return caller;
    const agent = await this.agents.find(actor, caller.principal);
    return agent && { ...caller, principal: agent };
  }
}
