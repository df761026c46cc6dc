import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { Queryable } from '../../platform/database/query.js';
import { rows } from '../../platform/database/query.js';
import type { StoredSpecs } from '../configuration/configuration.js';
import type { CurrentPrincipals } from '../approvals/current-principals.js';
import { findObject } from '../configuration/configuration-store.js';
import { groupsOfGrounds } from '../logins/claim-grounds.js';
import type { StoredLogin } from '../logins/login-store.js';
import { standingLogins } from '../logins/login-store.js';
import { groupsOf, mergeGroups } from './group-membership.js';

interface GroupRow {
  readonly name: string;
  readonly spec: StoredSpecs['Group'];
}

/** Who exists now, in which groups. */
@Injectable()
export class PrincipalDirectory implements CurrentPrincipals {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /**
   * The principal behind a reference such as `ServiceAccount::ci`; undefined when it is unknown, disabled or expired. A
   * person is in the groups that any login of theirs that stands gives.
   * @param db a transaction whose view of the moment counts; the pool by default.
   */
  async find(ref: string, db: Queryable = this.dataSource): Promise<Principal | undefined> {
    const [, type, name] = /^(ServiceAccount|User)::(.+)$/.exec(ref) ?? [];
    if (name === undefined) return undefined;
    if (type === 'ServiceAccount') return this.account(db, name);
    return this.person(db, name, await standingLogins(db, name));
  }

  /** The person as this one login proves them. */
  ofLogin(login: StoredLogin, db: Queryable = this.dataSource): Promise<Principal | undefined> {
    return this.person(db, login.user, [login]);
  }

  /** The person as a token that was proved otherwise shows them: with these groups, by its claims, and those declared. */
  ofPerson(name: string, given: readonly string[], db: Queryable = this.dataSource): Promise<Principal | undefined> {
    return this.person(db, name, [], given);
  }

  private async account(db: Queryable, name: string): Promise<Principal | undefined> {
    const account = await findObject(db, 'ServiceAccount', name);
    if (!account || account.spec.disabled || isPast(account.spec.expiresAt)) return undefined;
    const groups = mergeGroups(declared(await allGroups(db)), [{ name, groups: account.spec.groups }]);
    return {
      type: 'ServiceAccount',
      id: name,
      groups: groupsOf(`ServiceAccount::${name}`, groups),
      roles: [],
      ...(account.spec.owner !== null && { owner: account.spec.owner }),
    };
  }

  private async person(
    db: Queryable,
    name: string,
    logins: readonly StoredLogin[],
    given: readonly string[] = [],
  ): Promise<Principal | undefined> {
    const user = await findObject(db, 'User', name);
    if (!user || user.spec.disabled) return undefined;
    const groups = await allGroups(db);
    const claimed = [...given, ...logins.flatMap((login) => groupsOfGrounds(login, groups))];
    return {
      type: 'User',
      id: name,
      groups: groupsOf(`User::${name}`, mergeGroups(declared(groups), []), claimed),
      roles: [],
    };
  }
}

function allGroups(db: Queryable): Promise<GroupRow[]> {
  return rows<GroupRow>(db, `SELECT name, spec FROM objects WHERE kind = 'Group'`);
}

function declared(groups: readonly GroupRow[]) {
  return groups.map(({ name, spec }) => ({ name, members: spec.members }));
}

function isPast(time: string | null | undefined): boolean {
  return typeof time === 'string' && Date.parse(time) <= Date.now();
}
