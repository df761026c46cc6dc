import type { ManifestKind } from '@sallyport/api-contract';
import type { Principal } from '@sallyport/domain';
import { principalRef } from '@sallyport/domain';
import type { Configuration } from '../configuration/configuration.js';
import type { GrantRow } from './grant.store.js';

/**
 * What of the grants still means something: the role, the principal and at least one resource are the ones that were
 * there when it was granted. One deleted and declared again under the same name is another, and inherits nothing.
 */
export function effectiveGrants(configuration: Configuration, grants: readonly GrantRow[]): GrantRow[] {
  return grants.flatMap((grant) => {
    const isSame = (kind: ManifestKind, name: string): boolean => {
      const object = configuration.get(kind, name);
      return object !== undefined && object.createdAt.getTime() <= grant.started_at.getTime();
    };
    if (!isSame('Role', grant.role) || !isHolderSame(grant.principal, isSame)) return [];
    const resources = grant.resources.filter((name) => isSame('Resource', name));
    return resources.length === 0 ? [] : [{ ...grant, resources }];
  });
}

/** An agent is as old as the service account that proves it. */
function isHolderSame(ref: string, isSame: (kind: ManifestKind, name: string) => boolean): boolean {
  const [, type, name] = /^(User|ServiceAccount|Agent)::(.+)$/.exec(ref) ?? [];
  return name !== undefined && isSame(type === 'User' ? 'User' : 'ServiceAccount', name);
}

/** Roles that the principal always has, on every resource, with the members that say so. */
export function standingRoles(
  configuration: Configuration,
  principal: Principal,
): { readonly role: string; readonly members: string[] }[] {
  const own = new Set([principalRef(principal), ...principal.groups.map((group) => `Group::${group}`)]);
  return configuration.list('Role').flatMap(({ name, spec }) => {
    const members = spec.members.filter((member) => own.has(member));
    return members.length === 0 ? [] : [{ role: name, members }];
  });
}

/** The principal with the roles it has on a resource, and so for the person an agent acts for. */
export function withRolesOn(
  resource: string,
  principal: Principal,
  known: { readonly configuration: Configuration; readonly grants: readonly GrantRow[] },
): Principal {
  const own = principalRef(principal);
  const granted = effectiveGrants(known.configuration, known.grants)
    .filter((grant) => grant.principal === own && grant.resources.includes(resource))
    .map(({ role }) => role);
  const standing = standingRoles(known.configuration, principal).map(({ role }) => role);
  const roles = [...new Set([...standing, ...granted])].sort();
  const { actsFor } = principal;
  return { ...principal, roles, ...(actsFor && { actsFor: withRolesOn(resource, actsFor, known) }) };
}
