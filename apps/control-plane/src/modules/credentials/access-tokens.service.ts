import { Inject, Injectable } from '@nestjs/common';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Signer } from '../../platform/crypto/signer.js';
import { readAccessToken } from './access-token.js';
import type { AccessTokenClaims, CredentialKind } from './credential-kind.js';
import { CREDENTIAL_KINDS } from './credential-kind.js';

/** Access tokens of this control plane: what they say, and whether what is behind them still stands. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly signer: Signer,
    @Inject(CREDENTIAL_KINDS) private readonly kinds: readonly CredentialKind[],
  ) {}

  /** Undefined for whatever is no access token of ours that is valid by itself. */
  read(token: string): Promise<AccessTokenClaims | undefined> {
    return readAccessToken(this.signer, token);
  }

  /** Who that is now; undefined when the credential behind the token does not stand. */
  async prove(claims: AccessTokenClaims): Promise<CallerIdentity | undefined> {
    // Ids without a colon are keys'; a prefix that no kind has proves nobody.
    const prefix = /^[^:]*:/.exec(claims.credentialId)?.[0] ?? '';
    return this.kinds.find((kind) => kind.prefix === prefix)?.prove(claims);
  }
}
