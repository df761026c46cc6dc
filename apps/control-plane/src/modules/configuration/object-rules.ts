import { trustedIssuerIssues } from '../federation/trusted-issuer-checks.js';
import type { Configuration, StoredObject, StoredSpecs } from './configuration.js';
import type { ObjectIssue } from './edit.js';
import type { PlannedChange } from './plan.js';
import { sshKeyIssues } from './ssh-key-rules.js';

/** The account that bootstrapping makes; the one that nobody need answer for. */
export const bootstrapAccount = 'admin';

/** What is wrong with objects beyond their own shape: each alone, and all of them beside each other. */
export function objectIssues(planned: readonly PlannedChange[], current: Configuration): ObjectIssue[] {
  return [
    ...planned.flatMap(ownerIssue),
    ...identityIssues(planned, current),
    ...sshKeyIssues(planned, current),
    ...issuerNameIssues(planned, current),
    ...trustedIssuerIssues(planned, current),
  ];
}

/** Who has been without an owner since before it was asked for may stay so. */
function ownerIssue({ kind, name, before, after }: PlannedChange): ObjectIssue[] {
  if (kind !== 'ServiceAccount' || name === bootstrapAccount || !after) return [];
  const ownerOf = (object: Pick<StoredObject, 'spec'> | undefined) =>
    (object?.spec as StoredSpecs['ServiceAccount'] | undefined)?.owner ?? null;
  if (ownerOf(after) !== null || (before && ownerOf(before) === null)) return [];
  return [{ kind, name, path: 'spec.owner', reason: 'is required: the person who answers for the account' }];
}

type Identities = StoredSpecs['User']['identities'];

/** An identity is one person's: two users that claim it would each be the other. */
function identityIssues(planned: readonly PlannedChange[], current: Configuration): ObjectIssue[] {
  const users = planned.filter(({ kind }) => kind === 'User');
  if (!users.some(({ after }) => after)) return [];
  const touched = new Set(users.map(({ name }) => name));
  const kept = current.list('User').filter(({ name }) => !touched.has(name));
  // Those that stay as they are first, so that what is new is what is wrong.
  const all: [string, Identities][] = [
    ...kept.map(({ name, spec }): [string, Identities] => [name, spec.identities]),
    ...users.map(({ name, after }): [string, Identities] => [
      name,
      (after?.spec as StoredSpecs['User'] | undefined)?.identities ?? [],
    ]),
  ];
  const holders = new Map<string, string>();
  const issues: ObjectIssue[] = [];
  for (const [name, identities] of all) {
    for (const [at, { issuer, subject }] of identities.entries()) {
      const key = JSON.stringify([issuer, subject]);
      const holder = holders.get(key);
      holders.set(key, holder ?? name);
      if (holder === undefined) continue;
      const reason = holder === name ? 'is listed twice' : `is the identity of User ${holder} already`;
      issues.push({ kind: 'User', name, path: `spec.identities.${at}`, reason });
    }
  }
  return issues;
}

/** Identities and claims name their issuer, whichever of the two kinds it is of. */
function issuerNameIssues(planned: readonly PlannedChange[], current: Configuration): ObjectIssue[] {
  const others = { TrustedIssuer: 'IdentityProvider', IdentityProvider: 'TrustedIssuer' } as const;
  return planned.flatMap(({ kind, name, after }) => {
    if (!after || (kind !== 'TrustedIssuer' && kind !== 'IdentityProvider')) return [];
    const other = others[kind];
    const change = planned.find((one) => one.kind === other && one.name === name);
    const taken = change ? change.after !== undefined : current.get(other, name) !== undefined;
    return taken
      ? [{ kind, name, path: 'name', reason: `is the name of another issuer, of kind ${other}, already` }]
      : [];
  });
}
