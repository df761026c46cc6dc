import type { PolicySnapshot } from '@sallyport/gateway-contract';
import type { Queryable } from '../../platform/database/query.js';
import type { Configuration } from '../configuration/configuration.js';
import { sshKeysPart } from '../identity/ssh-keys.snapshot.js';
import { groupsOfGrounds } from './claim-grounds.js';
import type { StoredLogin } from './login-store.js';
import { standingLogins } from './login-store.js';

/** The people that gateways know, and the logins of theirs that stand. Reads within the caller's transaction. */
export async function loginsPart(db: Queryable, configuration: Configuration): Promise<Pick<PolicySnapshot, 'users'>> {
  const byUser = new Map<string, StoredLogin[]>();
  for (const login of await standingLogins(db)) byUser.set(login.user, [...(byUser.get(login.user) ?? []), login]);
  const groups = configuration.list('Group');
  const users = configuration.list('User').map(({ name, spec }) => ({
    name,
    disabled: spec.disabled,
    identities: [...spec.identities],
    ...sshKeysPart(spec),
    logins: (byUser.get(name) ?? []).map((login) => ({
      id: login.id,
      expiresAt: login.expiresAt.toISOString(),
      groups: groupsOfGrounds(login, groups),
    })),
  }));
  return { users };
}
