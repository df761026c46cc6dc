import type { ExplainedGroup } from '@sallyport/api-contract';
import type { Principal } from '@sallyport/domain';
import type { Configuration } from '../configuration/configuration.js';
import { refsOf } from './held-roles.js';

/** The claim rules that can have put the caller anywhere: those that its login met, or all of its token's issuer. */
export type MetClaims = (rule: {
  readonly issuer: string;
  readonly group: string;
  readonly claim: string;
  readonly equals: string;
}) => boolean;

/** By what the principal is in each of its groups: listed, by its account, in a group that is listed, or by a claim. */
export function explainGroups(configuration: Configuration, principal: Principal, met: MetClaims): ExplainedGroup[] {
  const listed = [...refsOf(principal), ...principal.groups.map((group) => `Group::${group}`)];
  const account = principal.type === 'User' ? undefined : configuration.get('ServiceAccount', principal.id);
  return principal.groups.map((group) => {
    const spec = configuration.get('Group', group)?.spec;
    const members = listed.filter((ref) => spec?.members.includes(ref));
    const claims = (spec?.claims ?? []).filter((rule) => met({ ...rule, group }));
    return {
      group,
      because: [
        ...members.map((member) => ({ by: 'member' as const, member })),
        ...(account?.spec.groups.includes(group) ? [{ by: 'account' as const, account: account.name }] : []),
        ...claims.map(({ issuer, claim, equals }) => ({ by: 'claim' as const, issuer, claim, equals })),
      ],
    };
  });
}
