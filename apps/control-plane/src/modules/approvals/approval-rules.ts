import { principalRef, type Principal } from '@sallyport/domain';
import { rows, type Queryable } from '../../platform/database/query.js';
import { groupsOf } from '../identity/group-membership.js';
import { isQuorumMet, type Approver } from './approval.js';
import type { ApprovalRow, DecisionRow } from './approval.store.js';
import type { CurrentPrincipals } from './current-principals.js';
import { loadPeople } from './people.store.js';
import { meet, type People } from './person.js';

/** Looks people up as they are now, within one transaction. */
export interface Now {
  readonly db: Queryable;
  readonly principals: CurrentPrincipals;
  readonly people: People;
}

export async function asOfNow(db: Queryable, principals: CurrentPrincipals): Promise<Now> {
  return { db, principals, people: await loadPeople(db) };
}

/** The principal as it is now; undefined when it, or the person it acts for, is no longer known or enabled. */
export async function currently(now: Now, principal: Principal): Promise<Principal | undefined> {
  const { db, principals } = now;
  if (principal.type !== 'Agent') return principals.find(principalRef(principal), db);
  // Nobody declares agents: one is a service account at work for a person, and stands while both do.
  const account = await principals.find(`ServiceAccount::${principal.id}`, db);
  const person = principal.actsFor && (await currently(now, principal.actsFor));
  if (!account || (principal.actsFor && !person)) return undefined;
  const groups = groupsOf(principalRef(principal), await declaredGroups(db), account.groups);
  return { ...account, type: 'Agent', groups, ...(person && { actsFor: person }) };
}

async function declaredGroups(db: Queryable): Promise<{ name: string; members: string[] }[]> {
  return rows(db, `SELECT name, spec->'members' AS members FROM objects WHERE kind = 'Group'`);
}

/** The groups by which it decides or asks: an agent's are only those that the person it acts for has too. */
export function groupsInForce({ groups, actsFor }: Principal): readonly string[] {
  return actsFor ? groups.filter((group) => actsFor.groups.includes(group)) : groups;
}

/** True when one is the other by any path: as both were then, and as both are known now (AP-01). */
export async function isSamePerson(now: Now, one: Principal, other: Principal): Promise<boolean> {
  const asEver = async (principal: Principal) => {
    const current = await currently(now, principal);
    return now.people.behind(principal, ...(current ? [current] : []));
  };
  return meet(await asEver(one), await asEver(other));
}

/** The yeses that still count: of people who are known and enabled, with the groups that they have now. */
export async function standingYeses(
  now: Now,
  requester: Principal,
  decisions: readonly Pick<DecisionRow, 'verdict' | 'principal'>[],
): Promise<Principal[]> {
  const standing: Principal[] = [];
  for (const { verdict, principal } of decisions) {
    if (verdict !== 'approve') continue;
    const current = await currently(now, principal);
    if (current && !(await isSamePerson(now, requester, principal))) standing.push(current);
  }
  return standing;
}

/** Who said yes, as a quorum counts them: nobody twice. */
export function asApprovers({ people }: Now, yeses: readonly Principal[]): Approver[] {
  const persons = people.tellApart(yeses);
  return yeses.map((principal, index) => ({ person: persons[index]!, groups: groupsInForce(principal) }));
}

/** Why what was granted no longer holds; undefined when it does (AP-05). */
export async function whyVoid(
  now: Now,
  approval: ApprovalRow,
  decisions: readonly DecisionRow[],
): Promise<string | undefined> {
  if (!(await currently(now, approval.requester))) return 'the requester is no longer known or enabled';
  const yeses = await standingYeses(now, approval.requester, decisions);
  const met = isQuorumMet(approval.terms, asApprovers(now, yeses));
  return met ? undefined : 'an approver may no longer approve it';
}
