import { claimGroups } from '@sallyport/identity';
import type { StoredSpecs } from '../configuration/configuration.js';

/** A group's claim rule that a login met. */
export interface ClaimGround {
  readonly group: string;
  readonly claim: string;
  readonly equals: string;
}

export interface GroupRules {
  readonly name: string;
  readonly spec: Pick<StoredSpecs['Group'], 'claims'>;
}

/** The rules of groups that these claims of this provider meet: the exact text, alone or in a list, and nothing else. */
export function claimGrounds(
  provider: string,
  claims: Readonly<Record<string, unknown>>,
  groups: readonly GroupRules[],
): ClaimGround[] {
  return groups.flatMap(({ name: group, spec }) =>
    (spec.claims ?? [])
      .filter((rule) => claimGroups([{ group, ...rule }], provider, claims).length > 0)
      .map(({ claim, equals }) => ({ group, claim, equals })),
  );
}

/** Groups that a login is in now: a rule that its group no longer has puts nobody anywhere. Sorted. */
export function groupsOfGrounds(
  login: { readonly provider: string; readonly grounds: readonly ClaimGround[] },
  groups: readonly GroupRules[],
): string[] {
  const standing = login.grounds.filter(({ group, claim, equals }) =>
    groups.some(
      ({ name, spec }) =>
        name === group &&
        (spec.claims ?? []).some(
          (rule) => rule.issuer === login.provider && rule.claim === claim && rule.equals === equals,
        ),
    ),
  );
  return [...new Set(standing.map(({ group }) => group))].sort();
}
