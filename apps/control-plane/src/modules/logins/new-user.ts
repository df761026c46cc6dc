import { createHash } from 'node:crypto';
import type { Configuration, StoredSpecs } from '../configuration/configuration.js';
import type { ProvedIdentity } from './proved-identity.js';

const maxSlugLength = 24;
const hashLengths = [10, 20, 40, 64];

/**
 * A name for somebody who signs in for the first time. It begins with the provider's name and ends with a hash of the
 * identity, so that nobody gets a name by choosing a subject: groups, roles and owners may name people before they exist.
 */
export function newUserName(identity: Pick<ProvedIdentity, 'provider' | 'subject'>, current: Configuration): string {
  const slug = identity.subject
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, maxSlugLength)
    .replace(/^-+|-+$/g, '');
  const hash = createHash('sha256')
    .update(JSON.stringify([identity.provider, identity.subject]))
    .digest('hex');
  const provider = identity.provider.slice(0, 32);
  const names = hashLengths.map((length) => [provider, slug, hash.slice(0, length)].filter(Boolean).join('-'));
  const free = names.find((name) => !current.get('User', name) && !isSpokenOf(name, current));
  if (free === undefined) throw new Error('no free name for a new user');
  return free;
}

/** Whether a group, a role or an account names that person. */
function isSpokenOf(name: string, current: Configuration): boolean {
  const ref = `User::${name}`;
  return (
    current.list('Group').some(({ spec }) => spec.members.includes(ref)) ||
    current.list('Role').some(({ spec }) => spec.members.includes(ref)) ||
    current.list('ServiceAccount').some(({ spec }) => spec.owner === name)
  );
}

/** E-mail address and name are for showing: what does not look like one is left out. */
export function newUserSpec(identity: ProvedIdentity): StoredSpecs['User'] {
  return {
    identities: [{ issuer: identity.provider, subject: identity.subject }],
    ...shownFacts(identity),
    disabled: false,
  };
}

export function shownFacts({ email, displayName }: Pick<ProvedIdentity, 'email' | 'displayName'>) {
  return {
    email: email !== undefined && /^[^\p{Cc}\s]{1,320}$/u.test(email) ? email : null,
    displayName: displayName !== undefined && /^[^\p{Cc}]{1,200}$/u.test(displayName) ? displayName : null,
  };
}
