import { apiStatements, builtInGroups } from '@sallyport/policy';
import { mergeGroups } from '../identity/group-membership.js';
import type { Configuration } from './configuration.js';

/** Principals that are in the group, by whatever path, as references; the groups on the path included. */
function reach(configuration: Configuration, group: string): string[] {
  const members = new Map(
    mergeGroups(
      configuration.list('Group').map(({ name, spec }) => ({ name, members: spec.members })),
      configuration.list('ServiceAccount').map(({ name, spec }) => ({ name, groups: spec.groups })),
    ).map((list) => [`Group::${list.name}`, list.members]),
  );
  const found = new Set([`Group::${group}`]);
  for (const ref of found) for (const member of members.get(ref) ?? []) found.add(member);
  return [...found].sort();
}

/** Whether a key of this account is a key to the installation. */
export function isPrivileged(configuration: Configuration, account: string): boolean {
  return builtInGroups.some((group) => reach(configuration, group).includes(`ServiceAccount::${account}`));
}

/**
 * Everything that says who administers, or audits, this installation and by which rules. Two configurations with the same of
 * it differ in nothing that would make somebody an administrator, or keep one from being it.
 */
export function administrationOf(configuration: Configuration): unknown {
  return {
    rules: apiStatements(configuration.list('Policy').map(({ name, spec }) => ({ name, cedar: spec.cedar }))).sort(),
    groups: builtInGroups.map((group) => privilegeOf(configuration, group)),
  };
}

function privilegeOf(configuration: Configuration, group: string): unknown {
  const refs = reach(configuration, group);
  const named = (type: string) =>
    new Set(refs.filter((ref) => ref.startsWith(`${type}::`)).map((ref) => ref.slice(type.length + 2)));
  const groups = named('Group');
  const claims = configuration.list('Group').flatMap(({ name, spec }) => (groups.has(name) ? (spec.claims ?? []) : []));
  const users = named('User');
  const people = configuration.list('User').filter(({ name }) => users.has(name));
  const names = named('ServiceAccount');
  const accounts = configuration.list('ServiceAccount').filter(({ name }) => names.has(name));
  const issuers = new Set([
    ...claims.map(({ issuer }) => issuer),
    ...people.flatMap(({ spec }) => spec.identities.map(({ issuer }) => issuer)),
  ]);
  return {
    refs,
    claims,
    // Whoever says who somebody is can be them.
    people: people.map(({ name, spec }) => [name, spec.identities, spec.sshKeys, spec.disabled]),
    accounts: accounts.map(({ name, spec }) => [name, spec.sshKeys, spec.disabled, spec.expiresAt]),
    trusted: configuration
      .list('TrustedIssuer')
      .filter(({ name, spec }) => issuers.has(name) || spec.match.some(({ principal }) => refs.includes(principal)))
      .map(({ name, spec }) => [name, spec]),
    providers: configuration
      .list('IdentityProvider')
      .filter(({ name }) => issuers.has(name))
      .map(({ name, spec }) => [name, spec]),
  };
}
