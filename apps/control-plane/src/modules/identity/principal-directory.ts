import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { Queryable } from '../../platform/database/query.js';
import { rows } from '../../platform/database/query.js';
import type { StoredSpecs } from '../configuration/configuration.js';
import type { CurrentPrincipals } from '../approvals/current-principals.js';
import { findObject } from '../configuration/configuration-store.js';
import { groupsOf, mergeGroups } from './group-membership.js';

/** Who exists now, in which groups. */
@Injectable()
export class PrincipalDirectory implements CurrentPrincipals {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /**
   * The principal behind a reference such as `ServiceAccount::ci`; undefined when it is unknown or disabled.
   * @param db a transaction whose view of the moment counts; the pool by default.
   */
  async find(ref: string, db: Queryable = this.dataSource): Promise<Principal | undefined> {
    const name = /^ServiceAccount::(.+)$/.exec(ref)?.[1];
    const account = name === undefined ? undefined : await findObject(db, 'ServiceAccount', name);
    if (!account || account.spec.disabled) return undefined;
    const found = await rows<{ name: string; spec: StoredSpecs['Group'] }>(
      db,
      `SELECT name, spec FROM objects WHERE kind = 'Group'`,
    );
    const groups = mergeGroups(
      found.map((group) => ({ name: group.name, members: group.spec.members })),
      [{ name: account.name, groups: account.spec.groups }],
    );
    return {
      type: 'ServiceAccount',
      id: account.name,
      groups: groupsOf(ref, groups),
      roles: [],
      ...(account.spec.owner !== null && { owner: account.spec.owner }),
    };
  }
}
