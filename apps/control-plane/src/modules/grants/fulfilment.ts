import type { RoleRequestRules } from '@sallyport/api-contract';
import type { EntityManager } from 'typeorm';
import { ProblemError } from '../../platform/http/problem-error.js';
import { bumpRevision } from '../configuration/configuration-store.js';
import { extendedUntil } from './access-request.js';
import type { AccessRequestRow } from './access-request.store.js';
import { lengthenGrant, lockGrant } from './grant.store.js';
import { grantNow, type Granted } from './granting.js';

/** Does what was asked, now that it is approved. The transaction must hold the request and the revision. */
export async function fulfil(
  manager: EntityManager,
  request: AccessRequestRow,
  { maxSeconds }: RoleRequestRules,
): Promise<Granted> {
  if (request.extends === null) return grantNow(manager, request);
  const grant = await lockGrant(manager, request.extends);
  const times = grant && { startedAt: grant.started_at, expiresAt: grant.expires_at };
  const until = times && extendedUntil(times, request.seconds, maxSeconds);
  if (!until || !(await lengthenGrant(manager, grant.id, until))) {
    throw new ProblemError(409, 'grant-ended', 'Its grant has ended.');
  }
  return { grant: { ...grant, expires_at: until }, revision: await bumpRevision(manager) };
}
