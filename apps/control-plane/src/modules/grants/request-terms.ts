import type { Principal } from '@sallyport/domain';
import { principalRef } from '@sallyport/domain';
import { ProblemError } from '../../platform/http/problem-error.js';
import { rows, type Queryable } from '../../platform/database/query.js';
import { findObject } from '../configuration/configuration-store.js';
import type { Obstacle, Terms } from './access-request.js';
import type { AccessRequestRow } from './access-request.store.js';

/** What a wish for this role on these resources is held against, as declared now. */
export async function termsFor(db: Queryable, role: string, resources: readonly string[]): Promise<Terms> {
  const object = await findObject(db, 'Role', role);
  const found = await rows<{ name: string }>(
    db,
    `SELECT name FROM objects WHERE kind = 'Resource' AND name = ANY ($1::text[])`,
    [resources],
  );
  const known = new Set(found.map(({ name }) => name));
  return { rules: object?.spec.request ?? undefined, isResource: (name) => known.has(name) };
}

/** The answer to a wish that cannot be. */
export function refusalOf(obstacle: Obstacle, resources: readonly string[]): ProblemError {
  const { code, detail, resource } = obstacle;
  if (code !== 'resource' && code !== 'too-long') return new ProblemError(403, code, detail);
  const path = resource === undefined ? 'seconds' : `resources.${resources.indexOf(resource)}`;
  return new ProblemError(422, 'invalid-request', detail, { errors: [{ path, reason: detail }] });
}

/** Whoever asked, and whoever it is for. */
export function isParty(principal: Principal, request: Pick<AccessRequestRow, 'requester_ref' | 'principal'>): boolean {
  return [request.requester_ref, request.principal].includes(principalRef(principal));
}

/**
 * True when the account is this person's own to ask for: its owner is their name or reference, exactly. An e-mail address
 * is no proof of who somebody is, so it makes nobody an owner here, though it makes them the same person elsewhere.
 */
export function isOwner(principal: Principal, account: Principal): boolean {
  if (principal.type === 'Agent' || account.type !== 'ServiceAccount' || account.owner === undefined) return false;
  const names = [principalRef(principal), ...(principal.type === 'User' ? [principal.id] : [])];
  return names.includes(account.owner);
}

/** What one may not see does not exist for one. */
export function noRequest(): ProblemError {
  return new ProblemError(404, 'not-found', 'There is no such access request.');
}
