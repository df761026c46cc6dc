import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import type { StoredSpecs } from '../configuration/configuration.js';
import { FederatedPrincipals } from '../federation/federated-principals.service.js';
import { groupsOf } from '../identity/group-membership.js';
import { KeyCredentials } from '../identity/key-credentials.js';
import { PrincipalDirectory } from '../identity/principal-directory.js';
import type { AccessTokenClaims } from './credential-kind.js';

type Actor = NonNullable<AccessTokenClaims['actor']>;

/** Service accounts that act for people (RFC 8693 §1.1: delegation). */
@Injectable()
export class Agents {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly keys: KeyCredentials,
    private readonly federated: FederatedPrincipals,
    private readonly directory: PrincipalDirectory,
  ) {}

  /** The agent at work for a person; undefined when what proved it no longer stands. */
  async find(actor: Actor, person: Principal): Promise<Principal | undefined> {
    const account = person.type === 'User' ? await this.account(actor) : undefined;
    return account && this.agent(account, person);
  }

  /** In the groups of its account, its own, and those that hold any of these. */
  private async agent(account: Principal, person: Principal): Promise<Principal> {
    const declared = await rows<{ name: string; spec: StoredSpecs['Group'] }>(
      this.dataSource,
      `SELECT name, spec FROM objects WHERE kind = 'Group'`,
    );
    const lists = declared.map(({ name, spec }) => ({ name, members: spec.members }));
    const groups = groupsOf(`Agent::${account.id}`, lists, account.groups);
    return { ...account, type: 'Agent', groups, actsFor: person };
  }

  private async account({ subject, credentialId }: Actor): Promise<Principal | undefined> {
    if (!credentialId.includes(':')) return (await this.keys.standing(subject, credentialId))?.principal;
    const issuer = /^issuer:([^:]+):[^:]+$/.exec(credentialId)?.[1];
    const name = /^ServiceAccount::(.+)$/.exec(subject)?.[1];
    if (issuer === undefined || name === undefined || !(await this.federated.vouchesFor(issuer, name)))
      return undefined;
    return this.directory.find(subject);
  }
}
