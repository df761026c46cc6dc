import type { ManifestKind } from '@sallyport/api-contract';
import type { ApiCollection } from '@sallyport/domain';
import type { ApiObject } from '@sallyport/policy';
import type { Configuration, StoredObject } from './configuration.js';

/** Under which collection the API's policy speaks of each kind. */
export const collectionOf: Readonly<Record<ManifestKind, ApiCollection>> = {
  Resource: 'resources',
  ServiceAccount: 'service-accounts',
  User: 'users',
  Group: 'groups',
  Role: 'roles',
  TrustedIssuer: 'trusted-issuers',
  IdentityProvider: 'identity-providers',
  Policy: 'policies',
};

/** What rules see of an object, as it stands in a configuration. */
export function apiObject(object: StoredObject, configuration: Configuration): ApiObject {
  const { kind, name } = object;
  if (kind !== 'ServiceAccount') return { name, kind };
  const { spec, createdAt } = object as StoredObject<'ServiceAccount'>;
  // Counted from the making, so that a bound on it is one that many small extensions do not get around.
  const lifetime = spec.expiresAt ? (Date.parse(spec.expiresAt) - createdAt.getTime()) / 1000 : undefined;
  return {
    ...{ name, kind, groups: groupsNaming(object as StoredObject<'ServiceAccount'>, configuration) },
    ...(spec.owner !== null && { owner: spec.owner }),
    ...(lifetime !== undefined && { lifetimeSeconds: lifetime }),
  };
}

/** The groups that an account names, and those that name it: a group can list an account before there is one. */
function groupsNaming({ name, spec }: StoredObject<'ServiceAccount'>, configuration: Configuration): string[] {
  const ref = `ServiceAccount::${name}`;
  const listing = configuration.list('Group').filter((group) => group.spec.members.includes(ref));
  return [...new Set([...spec.groups, ...listing.map((group) => group.name)])].sort();
}
