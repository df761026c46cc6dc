import type { Queryable } from '../../platform/database/query.js';
import type { StoredObject, StoredSpecs } from '../configuration/configuration.js';
import { endLogins, standingLogins } from './login-store.js';

interface Change {
  readonly kind: StoredObject['kind'];
  readonly name: string;
  readonly before: StoredObject | undefined;
  readonly after?: { readonly spec: StoredSpecs[StoredObject['kind']] };
}

/**
 * Ends the logins that a change of what is declared leaves without ground. Within the change's transaction, whose new
 * revision tells the gateways.
 */
export async function endLoginsAfterChange(db: Queryable, { kind, name, before, after }: Change): Promise<void> {
  if (!before || (kind !== 'User' && kind !== 'IdentityProvider')) return;
  if (kind === 'IdentityProvider') {
    const kept = after && whoseSubjects(after.spec as ProviderSpec) === whoseSubjects(before.spec as ProviderSpec);
    if (!kept) await endLogins(db, { provider: name }, 'provider-changed');
    return;
  }
  // A deleted user's logins are deleted with it.
  if (!after) return;
  const { disabled, identities } = after.spec as StoredSpecs['User'];
  if (disabled) {
    await endLogins(db, { user: name }, 'user-disabled');
    return;
  }
  for (const { id, provider, subject } of await standingLogins(db, name)) {
    const isStillTheirs = identities.some((one) => one.issuer === provider && one.subject === subject);
    if (!isStillTheirs) await endLogins(db, { id }, 'identity-removed');
  }
}

type ProviderSpec = StoredSpecs['IdentityProvider'];

/** The same subject at another issuer is somebody else. */
function whoseSubjects(spec: ProviderSpec): string {
  return JSON.stringify(spec.protocol === 'oidc' ? ['oidc', spec.issuer] : ['saml', spec.entityId]);
}
