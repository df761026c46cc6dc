import { Injectable } from '@nestjs/common';
import type { Principal } from '@sallyport/domain';
import { randomUUID } from 'node:crypto';
import { FederatedPrincipals } from '../federation/federated-principals.service.js';
import { IssuerTokens } from '../federation/issuer-tokens.service.js';
import { AccessTokens } from './access-tokens.service.js';
import type { AccessTokenClaims } from './credential-kind.js';
import type { GivenToken } from './exchange-request.js';
import { issuerCredentialId } from './issuer-credential.js';
import type { TokenBounds } from './token-bounds.js';

/** A token that was shown to be exchanged, proved. */
export interface ShownToken extends Pick<AccessTokenClaims, 'actor' | 'federated'> {
  /** Whom it is about, without whoever acts for them. */
  readonly subject: string;
  readonly principal: Principal;
  /** As a token made from it names what is behind: the same key or login, or an exchange of its own. */
  readonly credentialId: string;
  /** As a token names it whose holder acts for somebody. */
  readonly actorCredentialId: string;
  readonly bounds: TokenBounds;
  readonly expiresAt: Date;
  /** Of a token of ours: so that what is made from it can be withdrawn with it. */
  readonly tokenId: string | undefined;
}
export type ShownOutcome =
  | { readonly ok: true; readonly shown: ShownToken }
  | { readonly ok: false; readonly reason: string; readonly issuer?: string | undefined };

/** Tokens that are to be exchanged: our own, and those of trusted issuers. */
@Injectable()
export class ExchangedTokens {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly issuers: IssuerTokens,
    private readonly principals: FederatedPrincipals,
  ) {}

  async prove({ token, type }: GivenToken): Promise<ShownOutcome> {
    // We issue no ID tokens: one can only be a trusted issuer's, and then that issuer's rules say whether it counts.
    const claims = type === 'id_token' ? undefined : await this.tokens.read(token);
    return claims ? this.ours(token, claims) : this.foreign(token);
  }

  private async ours(token: string, claims: AccessTokenClaims): Promise<ShownOutcome> {
    const caller = await this.tokens.prove(claims);
    if (!caller) return { ok: false, reason: 'credential-gone' };
    const { subject, credentialId, actor, federated, resources, actions, expiresAt, tokenId } = claims;
    const shown = {
      ...{ subject, credentialId, expiresAt, tokenId, bounds: { resources, actions } },
      principal: caller.principal,
      actorCredentialId: federated ? issuerCredentialId(federated.issuer, token) : credentialId,
      ...(actor && { actor }),
      ...(federated && { federated }),
    };
    return { ok: true, shown };
  }

  private async foreign(token: string): Promise<ShownOutcome> {
    const outcome = await this.issuers.verify(token);
    if (!outcome.ok) return outcome;
    const { issuer, subject, principal: ref, groups, expiresAt } = outcome.identity;
    const principal = await this.principals.find(outcome.identity);
    if (!principal) return { ok: false, reason: 'unknown-principal', issuer };
    const shown = {
      ...{ subject: ref, principal, expiresAt, bounds: {}, tokenId: undefined },
      credentialId: `exchange:${randomUUID()}`,
      actorCredentialId: issuerCredentialId(issuer, token),
      federated: { issuer, subject, groups },
    };
    return { ok: true, shown };
  }
}
