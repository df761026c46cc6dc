import { Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import type { CredentialVerifier } from '../../platform/auth/credential-verifier.js';
import { FederatedPrincipals } from '../federation/federated-principals.service.js';
import { IssuerTokens } from '../federation/issuer-tokens.service.js';
import { TokenRefusals } from '../federation/token-refusals.service.js';
import { KeyCredentials } from '../identity/key-credentials.js';
import { AccessTokens } from './access-tokens.service.js';
import type { AccessTokenClaims } from './credential-kind.js';
import { issuerCredentialId } from './issuer-credential.js';

/** Longer than any token that an issuer of ours or of others makes, shorter than what Node takes as headers. */
const maxCredentialLength = 12_288;

/** Whoever calls the API: by a key, an access token of whatever kind, or a trusted issuer's own token. */
@Injectable()
export class ApiCredentialVerifier implements CredentialVerifier {
  constructor(
    private readonly keys: KeyCredentials,
    private readonly tokens: AccessTokens,
    private readonly issuers: IssuerTokens,
    private readonly principals: FederatedPrincipals,
    private readonly refusals: TokenRefusals,
  ) {}

  async verify(credential: string): Promise<CallerIdentity | undefined> {
    if (credential.length > maxCredentialLength) return undefined;
    if (credential.startsWith('sp_')) return (await this.keys.open(credential))?.caller;
    const claims = await this.tokens.read(credential);
    return claims ? this.byAccessToken(claims) : this.byIssuerToken(credential);
  }

  private async byAccessToken(claims: AccessTokenClaims): Promise<CallerIdentity | undefined> {
    // Downscoped to resources or actions of gateways: no part of this API is among those.
    const isDownscoped = claims.resources !== undefined || claims.actions !== undefined;
    const caller = isDownscoped ? undefined : await this.tokens.prove(claims);
    if (!caller)
      this.refusals.note('api', isDownscoped ? 'downscoped' : 'credential-gone', { subject: claims.subject });
    return caller;
  }

  private async byIssuerToken(token: string): Promise<CallerIdentity | undefined> {
    const outcome = await this.issuers.verify(token);
    if (!outcome.ok) {
      this.refusals.note('api', outcome.reason, { issuer: outcome.issuer });
      return undefined;
    }
    const { issuer, principal: subject } = outcome.identity;
    const principal = await this.principals.find(outcome.identity);
    if (!principal) this.refusals.note('api', 'unknown-principal', { issuer, subject });
    const credentialId = issuerCredentialId(issuer, token);
    return principal && { principal, credentialId, personId: principal.owner ?? principalRef(principal) };
  }
}
