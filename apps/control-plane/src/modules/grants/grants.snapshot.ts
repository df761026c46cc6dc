import type { PolicySnapshot } from '@sallyport/gateway-contract';
import type { Queryable } from '../../platform/database/query.js';
import type { Configuration } from '../configuration/configuration.js';

/** Roles, and who has one for a while. Reads within the caller's transaction. */
export async function grantsPart(
  _db: Queryable,
  configuration: Configuration,
): Promise<Pick<PolicySnapshot, 'roles' | 'grants'>> {
  const roles = configuration.list('Role').map(({ name, spec }) => ({ name, members: [...spec.members] }));
  return { roles, grants: [] };
}
