import type { PolicySnapshot } from '@sallyport/gateway-contract';
import type { Queryable } from '../../platform/database/query.js';
import type { Configuration } from '../configuration/configuration.js';
import { standingGrants } from './grant.store.js';
import { effectiveGrants } from './held-roles.js';

/** Roles, and who has one for a while. Reads within the caller's transaction. */
export async function grantsPart(
  db: Queryable,
  configuration: Configuration,
): Promise<Pick<PolicySnapshot, 'roles' | 'grants'>> {
  const roles = configuration.list('Role').map(({ name, spec }) => ({ name, members: [...spec.members] }));
  const grants = effectiveGrants(configuration, await standingGrants(db)).map((grant) => ({
    id: grant.id,
    principal: grant.principal,
    role: grant.role,
    resources: grant.resources,
    expiresAt: grant.expires_at.toISOString(),
  }));
  return { roles, grants };
}
