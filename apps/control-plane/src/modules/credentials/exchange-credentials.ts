import { Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { FederatedPrincipals } from '../federation/federated-principals.service.js';
import type { AccessTokenClaims, CredentialKind } from './credential-kind.js';

/** Tokens that were exchanged for a trusted issuer's: they stand while it would still prove the same one. */
@Injectable()
export class ExchangeCredentials implements CredentialKind {
  readonly prefix = 'exchange:';

  constructor(private readonly principals: FederatedPrincipals) {}

  async prove({ subject, credentialId, federated }: AccessTokenClaims): Promise<CallerIdentity | undefined> {
    const principal = federated && (await this.principals.find({ ...federated, principal: subject }));
    return principal && { principal, credentialId, personId: principal.owner ?? principalRef(principal) };
  }
}
