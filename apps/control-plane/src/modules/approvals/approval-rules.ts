import { principalRef, type Principal } from '@sallyport/domain';
import type { Queryable } from '../../platform/database/query.js';
import { isQuorumMet, type Approver } from './approval.js';
import type { ApprovalRow, DecisionRow } from './approval.store.js';
import type { CurrentPrincipals } from './current-principals.js';
import { isSamePerson, personOf } from './person.js';

/** Looks people up as they are now, within one transaction. */
export interface Now {
  readonly db: Queryable;
  readonly principals: CurrentPrincipals;
}

/** True when the requester is the same person by any path: as both were then, and as both are known now. */
export async function isRequester(now: Now, approval: ApprovalRow, approver: Principal): Promise<boolean> {
  const variants = async (principal: Principal): Promise<Principal[]> => {
    const current = await now.principals.find(principalRef(principal), now.db);
    return current ? [principal, current] : [principal];
  };
  const asked = await variants(approval.requester);
  const decides = await variants(approver);
  return asked.some((one) => decides.some((other) => isSamePerson(one, other)));
}

/** Why what was granted no longer holds; undefined when it does (AP-05). */
export async function whyVoid(
  now: Now,
  approval: ApprovalRow,
  decisions: readonly DecisionRow[],
): Promise<string | undefined> {
  const requester = await now.principals.find(approval.requester_ref, now.db);
  if (!requester) return 'the requester is no longer known or enabled';
  const approvers: Approver[] = [];
  for (const { verdict, principal } of decisions) {
    if (verdict !== 'approve') continue;
    const current = await now.principals.find(principalRef(principal), now.db);
    if (!current || (await isRequester(now, approval, principal))) continue;
    approvers.push({ person: personOf(current), groups: current.groups });
  }
  return isQuorumMet(approval.terms, approvers) ? undefined : 'an approver may no longer approve it';
}
