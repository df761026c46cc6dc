import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { AuditService } from '../audit/audit.service.js';
import { bumpRevision, loadConfiguration, lockRevision, saveObject } from '../configuration/configuration-store.js';
import { ConfigurationService } from '../configuration/configuration.service.js';
import type { Configuration, StoredObject } from '../configuration/configuration.js';
import { claimGrounds } from './claim-grounds.js';
import type { EndReason, LoginSelection, StoredLogin } from './login-store.js';
import { endLogins, endOldestLogins, insertLogin, replaceGrounds } from './login-store.js';
import { newUserName, newUserSpec, shownFacts } from './new-user.js';
import type { ProvedIdentity } from './proved-identity.js';

/** Of one person at one time: each is in every snapshot. */
const maxLogins = 100;
/** Who may come to be known by signing in. */
const maxUsers = 20_000;

export type LoginOutcome =
  | { readonly ok: true; readonly login: StoredLogin }
  /** For the log and the audit trail, never for the browser. */
  | { readonly ok: false; readonly reason: LoginRefusal };
export type LoginRefusal = 'provider-gone' | 'user-disabled' | 'identity-ambiguous' | 'login-over' | 'too-many-users';

/** The one place where a proved identity becomes somebody's login, and where logins end. */
@Injectable()
export class LoginService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly configuration: ConfigurationService,
    private readonly audit: AuditService,
  ) {}

  /** Whoever calls this has had the identity proved. Finds or makes the User, and evaluates the claims anew. */
  async complete(identity: ProvedIdentity, client: string): Promise<LoginOutcome> {
    const outcome = await this.dataSource.transaction(async (manager) => {
      await lockRevision(manager);
      return this.completeIn(manager, identity, client);
    });
    if (!outcome.ok) return outcome;
    await this.announce(outcome.revision, outcome.ended);
    return { ok: true, login: outcome.login };
  }

  /** Ends what fits and says how many did; sessions that rest on them end too. */
  async end(which: LoginSelection, by: { readonly actor: string; readonly reason: EndReason }): Promise<number> {
    const ended = await this.dataSource.transaction(async (manager) => {
      await lockRevision(manager);
      const logins = await endLogins(manager, which, by.reason);
      if (logins.length === 0) return undefined;
      const revision = await bumpRevision(manager);
      await this.recordEnds(manager, logins, { ...by, revision });
      return { logins, revision };
    });
    if (!ended) return 0;
    await this.announce(ended.revision, ended.logins);
    return ended.logins.length;
  }

  private async recordEnds(
    manager: EntityManager,
    logins: readonly StoredLogin[],
    { actor, reason, revision }: { readonly actor: string; readonly reason: EndReason; readonly revision: number },
  ): Promise<void> {
    for (const { id, user } of logins) {
      const detail = { loginId: id, reason, revision };
      await this.audit.record({ actor, action: 'login.ended', target: `User::${user}`, detail }, manager);
    }
  }

  private async announce(revision: number, ended: readonly StoredLogin[]): Promise<void> {
    await this.configuration.publish('policy.changed', { revision });
    for (const { id, user } of ended) {
      const revoked = { principal: `User::${user}`, credentialId: `login:${id}`, revision };
      await this.configuration.publish('identity.revoked', revoked);
    }
  }

  private async completeIn(
    manager: EntityManager,
    identity: ProvedIdentity,
    client: string,
  ): Promise<
    (LoginOutcome & { ok: false }) | { ok: true; login: StoredLogin; ended: readonly StoredLogin[]; revision: number }
  > {
    const current = await loadConfiguration(manager);
    const provider = current.get('IdentityProvider', identity.provider);
    if (!provider) return refused('provider-gone');
    const expiresAt = endOf(identity, provider.spec.loginSeconds);
    if (expiresAt.getTime() <= Date.now()) return refused('login-over');
    const known = current.list('User').filter(({ spec }) => isKnownAs(spec.identities, identity));
    if (known.length > 1) return refused('identity-ambiguous');
    if (known[0]?.spec.disabled) return refused('user-disabled');
    if (!known[0] && current.list('User').length >= maxUsers) return refused('too-many-users');
    const user = await this.ensureUser(manager, identity, { current, known: known[0] });
    const grounds = claimGrounds(identity.provider, identity.claims, current.list('Group'));
    await replaceGrounds(manager, identity, grounds);
    const login = await insertLogin(manager, {
      ...{ id: randomUUID(), user, provider: identity.provider, subject: identity.subject, client, grounds, expiresAt },
      idpSession: identity.idpSession ?? null,
    });
    const ended = await endOldestLogins(manager, user, maxLogins);
    const revision = await bumpRevision(manager);
    await this.recordEnds(manager, ended, { actor: 'system', reason: 'too-many', revision });
    const detail = {
      ...{ loginId: login.id, provider: identity.provider, subject: identity.subject, client, revision },
      ...{ groups: [...new Set(grounds.map(({ group }) => group))], expiresAt: expiresAt.toISOString() },
    };
    await this.audit.record(
      { actor: `User::${user}`, action: 'login.created', target: `User::${user}`, detail },
      manager,
    );
    return { ok: true, login, ended, revision };
  }

  private async ensureUser(
    manager: EntityManager,
    identity: ProvedIdentity,
    { current, known }: { current: Configuration; known: StoredObject<'User'> | undefined },
  ): Promise<string> {
    const facts = shownFacts(identity);
    if (known) {
      const { name, spec, origin } = known;
      // Filled in once and kept: whoever can change them at the provider must not seem to be another person here.
      const email = spec.email ?? facts.email;
      const displayName = spec.displayName ?? facts.displayName;
      if (email === spec.email && displayName === spec.displayName) return name;
      await saveObject(manager, { kind: 'User', name, spec: { ...spec, email, displayName }, origin });
      return name;
    }
    const name = newUserName(identity, current);
    const spec = newUserSpec(identity);
    await saveObject(manager, { kind: 'User', name, spec, origin: 'api' });
    const actor = `IdentityProvider::${identity.provider}`;
    await this.audit.record(
      { actor, action: 'user.created', target: `User::${name}`, detail: { before: null, after: spec } },
      manager,
    );
    return name;
  }
}

function refused(reason: LoginRefusal): { ok: false; reason: LoginRefusal } {
  return { ok: false, reason };
}

function endOf(identity: ProvedIdentity, loginSeconds: number): Date {
  const usual = Date.now() + loginSeconds * 1000;
  return new Date(Math.min(usual, identity.notAfter === undefined ? usual : Date.parse(identity.notAfter)));
}

/** Issuer and subject, exactly, and nothing else: least of all an e-mail address. */
function isKnownAs(identities: readonly { issuer: string; subject: string }[], identity: ProvedIdentity): boolean {
  return identities.some(({ issuer, subject }) => issuer === identity.provider && subject === identity.subject);
}
