import type { PolicySnapshot } from '@sallyport/gateway-contract';
import type { Queryable } from '../../platform/database/query.js';
import type { Configuration } from '../configuration/configuration.js';

/** The people that gateways know, and the logins of theirs that stand. Reads within the caller's transaction. */
export async function loginsPart(_db: Queryable, configuration: Configuration): Promise<Pick<PolicySnapshot, 'users'>> {
  const users = configuration
    .list('User')
    .map(({ name, spec }) => ({ name, disabled: spec.disabled, identities: [...spec.identities], logins: [] }));
  return { users };
}
