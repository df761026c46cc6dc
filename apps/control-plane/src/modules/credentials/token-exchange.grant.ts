import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { Signer } from '../../platform/crypto/signer.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { AuditService } from '../audit/audit.service.js';
import { noteExchange } from '../federation/revoked-tokens.store.js';
import { TokenRefusals } from '../federation/token-refusals.service.js';
import { KeyCredentials } from '../identity/key-credentials.js';
import type { AccessToken } from './access-token.js';
import { issueAccessToken } from './access-token.js';
import { accessTokenType, readExchangeRequest } from './exchange-request.js';
import type { ShownOutcome, ShownToken } from './exchanged-tokens.service.js';
import { ExchangedTokens } from './exchanged-tokens.service.js';
import type { TokenBounds } from './token-bounds.js';
import { narrowed } from './token-bounds.js';
import { invalidClient } from './token-endpoint.js';
import type { OAuthFailure, TokenForm, TokenGrant, TokenOutcome } from './token-grant.js';
import { tokenFailure } from './token-grant.js';

/** Longer than a token of a key or login: workloads exchange once for one piece of work. Seconds. */
const maxSeconds = 900;

interface Wanted {
  readonly subject: ShownToken;
  readonly actor: ShownToken | undefined;
  readonly bounds: TokenBounds;
}

/** RFC 8693: a trusted issuer's token, or one of ours, for one of ours that may do the same or less. */
@Injectable()
export class TokenExchangeGrant implements TokenGrant {
  readonly grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly signer: Signer,
    private readonly keys: KeyCredentials,
    private readonly tokens: ExchangedTokens,
    private readonly audit: AuditService,
    private readonly refusals: TokenRefusals,
  ) {}

  async issue(form: TokenForm): Promise<TokenOutcome> {
    if (!(await this.isClientProved(form))) return { ok: false, failure: invalidClient };
    const question = readExchangeRequest(form);
    if (!question.ok) return question;
    const { asked } = question.request;
    const subject = await this.tokens.prove(question.request.subject);
    const actor = question.request.actor && (await this.tokens.prove(question.request.actor));
    if (!subject.ok) return this.refuse(subject);
    if (actor?.ok === false) return this.refuse(actor);
    const delegation = actor && delegationFault(subject.shown, actor.shown);
    if (delegation !== undefined) return this.refuseKnown(subject.shown, delegation, unacceptable);
    const bounds = narrowed([subject.shown.bounds, actor?.shown.bounds ?? {}], asked);
    if (!bounds.ok) return this.refuseKnown(subject.shown, `wider-${bounds.excess}`, tooWide[bounds.excess]);
    return this.exchange({ subject: subject.shown, actor: actor?.shown, bounds: bounds.bounds });
  }

  /** No client need say who it is, since the token is what is proved; one that says so must prove it (RFC 6749 §3.2.1). */
  private async isClientProved({ client }: TokenForm): Promise<boolean> {
    if (client.secret === undefined) return true;
    const key = await this.keys.open(client.secret);
    return key !== undefined && (client.id === undefined || client.id === key.key.serviceAccount);
  }

  private async exchange(wanted: Wanted): Promise<TokenOutcome> {
    const { subject, actor, bounds } = wanted;
    const notAfter = new Date(Math.min(subject.expiresAt.getTime(), actor?.expiresAt.getTime() ?? Infinity));
    if (notAfter.getTime() - Date.now() < 1000) return this.refuseKnown(subject, 'expired', unacceptable);
    const actorOf = actor ? { subject: actor.subject, credentialId: actor.actorCredentialId } : subject.actor;
    const issued = await issueAccessToken(this.signer, {
      subject: subject.subject,
      credentialId: subject.credentialId,
      clientId: nameOf(actorOf?.subject ?? subject.subject),
      ...{ notAfter, maxSeconds, ...bounds },
      ...(actorOf && { actor: actorOf }),
      ...(subject.federated && { federated: subject.federated }),
    });
    if (!(await this.record(wanted, issued))) return this.refuseKnown(subject, 'token-revoked', unacceptable);
    return {
      ok: true,
      response: {
        ...{ access_token: issued.token, issued_token_type: accessTokenType, token_type: 'Bearer' },
        expires_in: issued.expiresInSeconds,
        ...(bounds.actions && { scope: bounds.actions.join(' ') }),
      },
    };
  }

  private record({ subject, actor, bounds }: Wanted, { tokenId, expiresInSeconds }: AccessToken): Promise<boolean> {
    const expiresAt = new Date(Date.now() + expiresInSeconds * 1000);
    const parentIds = [subject.tokenId, actor?.tokenId].filter((id) => id !== undefined);
    return this.dataSource.transaction(async (manager) => {
      if (!(await noteExchange(manager, { tokenId, parentIds: [...new Set(parentIds)], expiresAt }))) return false;
      const { credentialId, federated } = subject;
      const detail = {
        ...{ tokenId, credentialId, expiresAt: expiresAt.toISOString() },
        ...(federated && { issuer: federated.issuer, issuerSubject: federated.subject }),
        ...(actor && { actor: actor.subject, actorCredentialId: actor.actorCredentialId }),
        ...(bounds.resources && { resources: bounds.resources }),
        ...(bounds.actions && { actions: bounds.actions }),
      };
      const who = actor?.subject ?? subject.subject;
      await this.audit.record({ actor: who, action: 'token.exchanged', target: subject.subject, detail }, manager);
      return true;
    });
  }

  /** Of a token that proves nobody. Not in the audit trail, which strangers could fill. */
  private refuse({ reason, issuer }: Extract<ShownOutcome, { ok: false }>): TokenOutcome {
    this.refusals.note('exchange', reason, { issuer });
    return { ok: false, failure: unacceptable };
  }

  private async refuseKnown({ subject, credentialId }: ShownToken, reason: string, failure: OAuthFailure) {
    this.refusals.note('exchange', reason, { subject });
    const detail = { reason, credentialId };
    await this.audit.record({ actor: subject, action: 'token.exchangeRefused', target: subject, detail });
    return { ok: false, failure } as const;
  }
}

/** RFC 8693 §2.2.2: `invalid_request` where a token is not valid, or policy does not accept it. It never says why. */
const unacceptable = tokenFailure('invalid_request', 'The tokens are not accepted.').failure;
const tooWide = {
  resources: tokenFailure('invalid_target', 'The token is not for these resources.').failure,
  actions: tokenFailure('invalid_scope', 'The token is not for these actions.').failure,
};

/** Why this one may not act for that one. */
function delegationFault(subject: ShownToken, actor: ShownToken): string | undefined {
  if (subject.principal.type === 'Agent' || actor.principal.type === 'Agent') return 'actor-chain';
  if (subject.principal.type !== 'User') return 'subject-no-person';
  return actor.principal.type === 'ServiceAccount' ? undefined : 'actor-no-account';
}

function nameOf(ref: string): string {
  return ref.slice(ref.indexOf('::') + 2);
}
