import { Inject, Injectable } from '@nestjs/common';
import type { HeldRole, Whoami } from '@sallyport/api-contract';
import { principalRef, type Principal } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { loadPeople } from '../approvals/people.store.js';
import { loadConfiguration } from '../configuration/configuration-store.js';
import type { Configuration } from '../configuration/configuration.js';
import type { GrantRow } from './grant.store.js';
import { standingGrants } from './grant.store.js';
import { effectiveGrants, standingRoles } from './held-roles.js';

/** Who the caller is, what that gives them, and why. */
@Injectable()
export class WhoamiService {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Of one moment: never half of a change. */
  whoami(caller: CallerIdentity, _explain: boolean): Promise<Whoami> {
    const { principal, credentialId } = caller;
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const configuration = await loadConfiguration(manager);
      const grants = await standingGrants(manager, principalRef(principal));
      return {
        principal: principalRef(principal),
        groups: [...principal.groups],
        roles: heldRoles(configuration, principal, grants),
        owner: principal.owner ?? null,
        actsFor: principal.actsFor ? principalRef(principal.actsFor) : null,
        person: (await loadPeople(manager)).personOf(principal),
        credentialId,
      };
    });
  }
}

function heldRoles(configuration: Configuration, principal: Principal, grants: readonly GrantRow[]): HeldRole[] {
  const standing = standingRoles(configuration, principal).map(({ role }) => ({
    ...{ role, by: 'membership' as const, resources: null, until: null },
  }));
  const granted = effectiveGrants(configuration, grants).map(({ role, resources, expires_at }) => ({
    ...{ role, by: 'grant' as const, resources, until: expires_at.toISOString() },
  }));
  return [...standing, ...granted];
}
