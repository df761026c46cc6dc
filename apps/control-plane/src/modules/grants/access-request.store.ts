import type { Principal } from '@sallyport/domain';
import { firstRow, rows, type Queryable } from '../../platform/database/query.js';
import { next, type AccessRequestEvent, type AccessRequestState } from './access-request.js';

/** An access request as its table holds it. */
export interface AccessRequestRow {
  readonly id: string;
  readonly state: AccessRequestState;
  readonly state_reason: string | null;
  readonly role: string;
  readonly resources: string[];
  readonly principal: string;
  readonly requester: Principal;
  readonly requester_ref: string;
  readonly person: string;
  readonly credential_id: string;
  readonly reason: string;
  readonly seconds: number;
  readonly break_glass: boolean;
  readonly extends: string | null;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly resolved_at: Date | null;
  /** Of the database's own clock: replicas need not agree on the time. */
  readonly is_past: boolean;
}

export interface AccessDecisionRow {
  readonly person: string;
  readonly verdict: 'approve' | 'deny';
  readonly principal: Principal;
  readonly credential_id: string;
  readonly comment: string | null;
  readonly decided_at: Date;
}

export type NewAccessRequestRow = Omit<
  AccessRequestRow,
  'id' | 'state' | 'state_reason' | 'created_at' | 'expires_at' | 'resolved_at' | 'is_past'
>;

/** A day: whoever has not found an approver by then asks again. */
const undecidedSeconds = 24 * 3600;
// The clock itself and not the start of the transaction, which may have waited for a lock.
const columns = 'access_requests.*, expires_at <= clock_timestamp() AS is_past';

/** Holds the row until the transaction ends, so that whatever is decided next is decided on what was read. */
export function lockRequest(db: Queryable, id: string): Promise<AccessRequestRow | undefined> {
  return firstRow(db, `SELECT ${columns} FROM access_requests WHERE id = $1 FOR UPDATE`, [id]);
}

export function findRequest(db: Queryable, id: string): Promise<AccessRequestRow | undefined> {
  return firstRow(db, `SELECT ${columns} FROM access_requests WHERE id = $1`, [id]);
}

export async function insertRequest(db: Queryable, request: NewAccessRequestRow): Promise<AccessRequestRow> {
  const row = await firstRow<AccessRequestRow>(
    db,
    `INSERT INTO access_requests (role, resources, principal, requester, requester_ref, person, credential_id, reason,
       seconds, break_glass, extends, state, resolved_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
       CASE WHEN $10 THEN 'approved' ELSE 'pending' END, CASE WHEN $10 THEN clock_timestamp() END,
       clock_timestamp() + make_interval(secs => $12))
     RETURNING ${columns}`,
    [
      request.role,
      JSON.stringify(request.resources),
      request.principal,
      JSON.stringify(request.requester),
      request.requester_ref,
      request.person,
      request.credential_id,
      request.reason,
      request.seconds,
      request.break_glass,
      request.extends,
      undecidedSeconds,
    ],
  );
  return row!;
}

/** What one person has waiting. Until the transaction ends nobody else looks at it, so that no burst passes together. */
export async function lockPendingOf(db: Queryable, person: string): Promise<AccessRequestRow[]> {
  await db.query(`SELECT pg_advisory_xact_lock(hashtext('sallyport.access-requests'), hashtext($1))`, [person]);
  return rows(
    db,
    `SELECT ${columns} FROM access_requests
     WHERE person = $1 AND state = 'pending' AND expires_at > clock_timestamp() ORDER BY created_at`,
    [person],
  );
}

/** The one way a state changes: compare and set, along the state machine. False: the event came too late. */
export async function move(db: Queryable, id: string, event: AccessRequestEvent, reason?: string): Promise<boolean> {
  const moved = await rows(
    db,
    `UPDATE access_requests SET state = $2, state_reason = $3, resolved_at = clock_timestamp()
     WHERE id = $1 AND state = 'pending' RETURNING id`,
    [id, next('pending', event), reason ?? null],
  );
  return moved.length > 0;
}

/** Expires what nobody decided in time; gives back what this call expired. */
export async function expireRequests(db: Queryable): Promise<string[]> {
  const expired = await rows<{ id: string }>(
    db,
    `UPDATE access_requests SET state = 'expired', resolved_at = clock_timestamp()
     WHERE id IN (SELECT id FROM access_requests WHERE state = 'pending' AND expires_at <= clock_timestamp()
       ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED) RETURNING id`,
  );
  return expired.map(({ id }) => id);
}

export function accessDecisionsOf(db: Queryable, requestId: string): Promise<AccessDecisionRow[]> {
  return rows(db, 'SELECT * FROM access_request_decisions WHERE request_id = $1 ORDER BY decided_at, person', [
    requestId,
  ]);
}

/** Notes one person's word; saying the same again changes nothing. */
export async function noteAccessDecision(
  db: Queryable,
  requestId: string,
  said: Omit<AccessDecisionRow, 'decided_at'>,
): Promise<void> {
  const { person, verdict, principal, credential_id, comment } = said;
  await db.query(
    `INSERT INTO access_request_decisions (request_id, person, verdict, principal, credential_id, comment)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [requestId, person, verdict, JSON.stringify(principal), credential_id, comment],
  );
}
