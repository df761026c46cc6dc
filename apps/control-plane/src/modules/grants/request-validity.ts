import { principalRef, type Principal } from '@sallyport/domain';
import { rows, type Queryable } from '../../platform/database/query.js';
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
  if (await isAnyNewer(now.db, request)) return 'somebody or something it names was declared anew since';
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

/** Whether the role, a resource, or somebody who asked or is to have it, is another of the same name than at the asking. */
async function isAnyNewer(db: Queryable, request: AccessRequestRow): Promise<boolean> {
  const { requester, principal, role, resources } = request;
  const people = [...refsBehind(requester), principal].map((ref) => ref.replace(/^Agent::/, 'ServiceAccount::'));
  const named = [...people, `Role::${role}`, ...resources.map((name) => `Resource::${name}`)];
  const newer = await rows(
    db,
    `SELECT 1 FROM objects WHERE kind || '::' || name = ANY ($1::text[])
       AND created_at > (SELECT created_at FROM access_requests WHERE id = $2) LIMIT 1`,
    [named, request.id],
  );
  return newer.length > 0;
}

function refsBehind(principal: Principal): string[] {
  return [principalRef(principal), ...(principal.actsFor ? refsBehind(principal.actsFor) : [])];
}
