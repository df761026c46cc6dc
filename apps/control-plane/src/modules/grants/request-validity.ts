import type { Now } from '../approvals/approval-rules.js';
import { currently, groupsInForce } from '../approvals/approval-rules.js';
import { extendedUntil, obstacleTo, type Terms } from './access-request.js';
import type { AccessRequestRow } from './access-request.store.js';
import { lockGrant } from './grant.store.js';

/** Why what was asked may no longer be asked; undefined when it may (AP-05). */
export async function whyRequestVoid(now: Now, request: AccessRequestRow, terms: Terms): Promise<string | undefined> {
  const requester = await currently(now, request.requester);
  if (!requester) return 'the requester is no longer known or enabled';
  if (request.principal !== request.requester_ref && !(await now.principals.find(request.principal, now.db))) {
    return 'whoever it is for is no longer known or enabled';
  }
  const { resources, seconds } = request;
  const obstacle = obstacleTo({ resources, seconds, breakGlass: false, groups: groupsInForce(requester) }, terms);
  if (obstacle) return obstacle.code === 'not-requestable' ? 'the requester may no longer ask for it' : obstacle.detail;
  return request.extends === null ? undefined : whyNotExtended(now, request, terms);
}

async function whyNotExtended({ db }: Now, request: AccessRequestRow, terms: Terms): Promise<string | undefined> {
  const grant = await lockGrant(db, request.extends!);
  if (!grant || grant.ended_at || grant.is_past) return 'the grant that it would make longer has ended';
  const { started_at: startedAt, expires_at: expiresAt } = grant;
  const until = extendedUntil({ startedAt, expiresAt }, request.seconds, terms.rules?.maxSeconds ?? 0);
  return until > expiresAt ? undefined : 'the grant is as long already as it may be';
}
