import { Inject, Injectable } from '@nestjs/common';
import type { ClaimGroup, TokenRefusal, VerifiedToken } from '@sallyport/identity';
import { claimGroups, TrustedIssuers } from '@sallyport/identity';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import { currentRevision } from '../configuration/configuration-store.js';
import type { StoredObject } from '../configuration/configuration.js';
import { issuerConfigs } from './issuer-configs.js';
import { IssuerKeys } from './issuer-keys.service.js';
import { trustedIssuers, userOfIdentity } from './trusted-issuers.store.js';

/** Whom a token of a trusted issuer proves. */
export interface FederatedIdentity {
  /** Name of the trusted issuer. */
  readonly issuer: string;
  readonly subject: string;
  /** `ServiceAccount::ci`, `User::alice`; whether they stand is another question. */
  readonly principal: string;
  /** Groups that the claims put them in. */
  readonly groups: readonly string[];
  readonly expiresAt: Date;
}
export type IssuerTokenRefusal = TokenRefusal | 'unknown-user';
export type IssuerTokenOutcome =
  | { readonly ok: true; readonly identity: FederatedIdentity }
  | { readonly ok: false; readonly reason: IssuerTokenRefusal; readonly issuer?: string };

/** Everything of one revision that verifies tokens. */
interface Trust {
  readonly revision: number;
  readonly verifier: TrustedIssuers;
  readonly issuers: readonly StoredObject<'TrustedIssuer'>[];
  readonly claimRules: readonly ClaimGroup[];
}

/** A key that we do not know may be new; it is looked for so often at most, however many tokens name it. */
const refetchPatience = { sinceFetchMs: 30_000, sinceTryMs: 30_000 };
/** So often at most it is even asked whether it may be looked for. */
const refetchEveryMs = 1_000;

/** Proves tokens of trusted issuers, under the newest revision. */
@Injectable()
export class IssuerTokens {
  #trust: Trust | undefined;
  readonly #refetches = new Map<string, { readonly at: number; readonly work: Promise<unknown> }>();

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly keys: IssuerKeys,
  ) {}

  async verify(token: string): Promise<IssuerTokenOutcome> {
    if (!looksLikeToken(token)) return { ok: false, reason: 'malformed' };
    let trust = await this.#newestTrust();
    let outcome = trust.verifier.verify(token);
    if (!outcome.ok && (outcome.reason === 'unknown-key' || outcome.reason === 'keys-stale')) {
      await this.#refetch(trust, outcome.issuer);
      trust = await this.#newestTrust();
      outcome = trust.verifier.verify(token);
    }
    return outcome.ok ? this.#identify(outcome, trust) : outcome;
  }

  async #identify(verified: VerifiedToken, { claimRules }: Trust): Promise<IssuerTokenOutcome> {
    const { issuer, subject, claims, principal } = verified;
    const user = principal.kind === 'User' ? await userOfIdentity(this.dataSource, issuer, subject) : undefined;
    // Nobody becomes known by a machine's token: people are made at their first login, or by an administrator.
    if (principal.kind === 'User' && user === undefined) return { ok: false, reason: 'unknown-user', issuer };
    const identity = {
      ...{ issuer, subject },
      principal: principal.kind === 'User' ? `User::${user}` : `ServiceAccount::${principal.name}`,
      groups: claimGroups(claimRules, issuer, claims),
      expiresAt: new Date(verified.expiresAt),
    };
    return { ok: true, identity };
  }

  /** Of the issuer, and of others that share its URL: which of them a token means is not proved yet. */
  async #refetch({ issuers }: Trust, name: string | undefined): Promise<void> {
    const url = issuers.find((issuer) => issuer.name === name)?.spec.issuer;
    if (url === undefined) return;
    const last = this.#refetches.get(url);
    if (last && Date.now() - last.at < refetchEveryMs) return void (await last.work);
    const meant = issuers.filter(({ spec }) => spec.issuer === url);
    const work = Promise.all(meant.map((issuer) => this.keys.refresh(issuer, refetchPatience)));
    this.#refetches.set(url, { at: Date.now(), work });
    await work;
  }

  async #newestTrust(): Promise<Trust> {
    // Read before the rest: what changes in between makes this copy newer than it says, and it is read again.
    const revision = await currentRevision(this.dataSource);
    if (this.#trust?.revision === revision) return this.#trust;
    const issuers = await trustedIssuers(this.dataSource);
    const configs = await issuerConfigs(this.dataSource, issuers);
    const claimRules = await rows<ClaimGroup>(
      this.dataSource,
      `SELECT name AS "group", rule ->> 'issuer' AS issuer, rule ->> 'claim' AS claim, rule ->> 'equals' AS equals
       FROM objects, jsonb_array_elements(coalesce(spec -> 'claims', '[]')) AS rule WHERE kind = 'Group'`,
    );
    this.#trust = { revision, issuers, claimRules, verifier: new TrustedIssuers(configs, { now: Date.now }) };
    return this.#trust;
  }
}

/** Spares the database what cannot be one: three parts, of which the first is a JSON object (RFC 7515 §7.1). */
function looksLikeToken(text: string): boolean {
  return /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}
