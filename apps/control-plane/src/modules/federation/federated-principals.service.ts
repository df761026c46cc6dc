import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import { findObject } from '../configuration/configuration-store.js';
import type { StoredSpecs } from '../configuration/configuration.js';
import type { MemberList } from '../identity/group-membership.js';
import { groupsOf } from '../identity/group-membership.js';
import { PrincipalDirectory } from '../identity/principal-directory.js';
import type { FederatedIdentity } from './issuer-tokens.service.js';
import { userOfIdentity } from './trusted-issuers.store.js';

/** As much of an identity as a token that was exchanged for another still says. */
export type Federated = Pick<FederatedIdentity, 'issuer' | 'subject' | 'principal' | 'groups'>;

/** Who the people and accounts are that trusted issuers vouch for: now, not when they did. */
@Injectable()
export class FederatedPrincipals {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly directory: PrincipalDirectory,
  ) {}

  /** Undefined: the issuer is gone, or would no longer prove this principal, or the principal itself does not stand. */
  async find(federated: Federated): Promise<Principal | undefined> {
    const issuer = await findObject(this.dataSource, 'TrustedIssuer', federated.issuer);
    if (!issuer || !(await this.isStillMatched(issuer.spec, federated))) return undefined;
    const groups = await this.claimedGroups(federated);
    const user = /^User::(.+)$/.exec(federated.principal)?.[1];
    if (user !== undefined) return this.directory.ofPerson(user, groups.standing);
    const account = await this.directory.find(federated.principal);
    return (
      account && {
        ...account,
        groups: groupsOf(federated.principal, groups.declared, [...account.groups, ...groups.standing]),
      }
    );
  }

  /** Whether some rule of the issuer still names the account. */
  async vouchesFor(issuer: string, account: string): Promise<boolean> {
    const found = await findObject(this.dataSource, 'TrustedIssuer', issuer);
    return found?.spec.match.some(({ principal }) => principal === `ServiceAccount::${account}`) ?? false;
  }

  private async isStillMatched(
    { match }: StoredSpecs['TrustedIssuer'],
    { issuer, subject, principal }: Federated,
  ): Promise<boolean> {
    if (principal.startsWith('ServiceAccount::')) return match.some((rule) => rule.principal === principal);
    const user = await userOfIdentity(this.dataSource, issuer, subject);
    return user !== undefined && match.some((rule) => rule.principal === 'User') && principal === `User::${user}`;
  }

  /** Groups by claims that a rule still gives, and all groups as declared. */
  private async claimedGroups({ issuer, groups }: Federated): Promise<{ standing: string[]; declared: MemberList[] }> {
    const found = await rows<{ name: string; spec: StoredSpecs['Group'] }>(
      this.dataSource,
      `SELECT name, spec FROM objects WHERE kind = 'Group'`,
    );
    const standing = found.filter(
      ({ name, spec }) => groups.includes(name) && spec.claims?.some((rule) => rule.issuer === issuer),
    );
    return {
      standing: standing.map(({ name }) => name),
      declared: found.map(({ name, spec }) => ({ name, members: spec.members })),
    };
  }
}
