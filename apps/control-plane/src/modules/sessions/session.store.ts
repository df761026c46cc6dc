import type { Principal } from '@sallyport/domain';
import { principalRef } from '@sallyport/domain';
import type { ToControlPlane } from '@sallyport/gateway-contract';
import { firstRow, rows, type Queryable } from '../../platform/database/query.js';
import { ProblemError } from '../../platform/http/problem-error.js';

/** A gateway as it proved itself; a new enrolment of the same name is another gateway. */
export interface GatewayIdentity {
  readonly name: string;
  readonly enrolmentId: string;
}

export type OpenedSession = ToControlPlane['session.opened'];

export interface SessionRow {
  readonly id: string;
  readonly gateway: string;
  readonly enrolment_id: string;
  readonly principal: Principal;
  readonly principal_ref: string;
  readonly credential_id: string;
  readonly resource: string;
  readonly protocol: string;
  readonly client_address: string;
  readonly started_at: Date;
  readonly terminate_requested_at: Date | null;
  readonly terminate_reason: string | null;
  readonly ended_at: Date | null;
  readonly end_reason: string | null;
}

export function findSession(db: Queryable, id: string): Promise<SessionRow | undefined> {
  return firstRow<SessionRow>(db, 'SELECT * FROM sessions WHERE id = $1', [id]);
}

/**
 * Registers the session unless it is known, and makes sure that what is known is the same and this gateway's own. Safe to
 * repeat, since a gateway says again what was not acknowledged. Throws ProblemError `foreign-session` or `session-ended`.
 */
export async function ensureSession(
  db: Queryable,
  gateway: GatewayIdentity,
  session: OpenedSession,
): Promise<SessionRow> {
  if (session.gateway !== gateway.name) throw foreignSession();
  await db.query(
    `INSERT INTO sessions (id, gateway, enrolment_id, principal, principal_ref, credential_id, resource, protocol,
       client_address, started_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`,
    [
      session.id,
      gateway.name,
      gateway.enrolmentId,
      JSON.stringify(session.principal),
      principalRef(session.principal),
      session.credentialId,
      session.resource,
      session.protocol,
      session.clientAddress,
      session.startedAt,
    ],
  );
  const known = await findSession(db, session.id);
  const same =
    known &&
    isOwn(known, gateway) &&
    known.principal_ref === principalRef(session.principal) &&
    known.credential_id === session.credentialId &&
    known.resource === session.resource;
  if (!same) throw foreignSession();
  if (known.ended_at) throw new ProblemError(409, 'session-ended', 'The session has ended.');
  return known;
}

export function isOwn(session: SessionRow, gateway: GatewayIdentity): boolean {
  return session.gateway === gateway.name && session.enrolment_id === gateway.enrolmentId;
}

/** Says the same about a session of another gateway and one that never was. */
export function foreignSession(): ProblemError {
  return new ProblemError(403, 'foreign-session', 'This gateway has no such session.');
}

/** Ends a session once. False when it had ended. */
export async function endSession(db: Queryable, id: string, endedAt: string, reason: string): Promise<boolean> {
  const ended = await rows(
    db,
    `UPDATE sessions SET ended_at = LEAST($2::timestamptz, now()), end_reason = $3 WHERE id = $1 AND ended_at IS NULL
     RETURNING id`,
    [id, endedAt, reason],
  );
  return ended.length > 0;
}

/** Ends every open session of the gateway but those listed; gives back which. */
export async function endOthers(
  db: Queryable,
  gateway: string,
  alive: readonly string[],
  reason: string,
): Promise<string[]> {
  const ended = await rows<{ id: string }>(
    db,
    `UPDATE sessions SET ended_at = now(), end_reason = $3
     WHERE gateway = $1 AND ended_at IS NULL AND NOT (id = ANY ($2::uuid[])) RETURNING id`,
    [gateway, alive, reason],
  );
  return ended.map((row) => row.id);
}
