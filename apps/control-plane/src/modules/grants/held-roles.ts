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

/** How a principal is called: an agent is also the service account that proves it. */
export function refsOf({ type, id }: Pick<Principal, 'type' | 'id'>): string[] {
  return type === 'Agent' ? [`ServiceAccount::${id}`, `Agent::${id}`] : [principalRef({ type, id })];
}

/** Roles that the principal always has, on every resource, with the members that say so. */
export function standingRoles(
  configuration: Configuration,
  principal: Principal,
): { readonly role: string; readonly members: string[] }[] {
  const own = new Set([...refsOf(principal), ...principal.groups.map((group) => `Group::${group}`)]);
  return configuration.list('Role').flatMap(({ name, spec }) => {
    const members = spec.members.filter((member) => own.has(member));
    return members.length === 0 ? [] : [{ role: name, members }];
  });
}

interface KnownGrants {
  readonly configuration: Configuration;
  /** Those that stand. */
  readonly grants: readonly GrantRow[];
}

export function grantedTo(principal: Principal, { configuration, grants }: KnownGrants): GrantRow[] {
  const refs = refsOf(principal);
  return effectiveGrants(
    configuration,
    grants.filter((grant) => refs.includes(grant.principal)),
  );
}

/** The principal with the roles it has on a resource, and so for the person an agent acts for. */
export function withRolesOn(resource: string, principal: Principal, known: KnownGrants): Principal {
  const granted = grantedTo(principal, known).filter(({ resources }) => resources.includes(resource));
  const names = [...standingRoles(known.configuration, principal), ...granted].map(({ role }) => role);
  const { actsFor } = principal;
  return {
    ...principal,
    roles: [...new Set(names)].sort(),
    ...(actsFor && { actsFor: withRolesOn(resource, actsFor, known) }),
  };
}
