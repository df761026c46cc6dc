import type { ApprovalTerms, Principal } from '@sallyport/domain';
import { firstRow, rows, type Queryable } from '../../platform/database/query.js';
import { next, statesAccepting, type ApprovalEvent, type ApprovalState } from './approval.js';

/** An approval as its table holds it. */
export interface ApprovalRow {
  readonly id: string;
  readonly state: ApprovalState;
  readonly state_reason: string | null;
  readonly session_id: string;
  readonly gateway: string;
  readonly requester: Principal;
  readonly requester_ref: string;
  readonly credential_id: string;
  readonly resource: string;
  readonly protocol: string;
  readonly client_address: string;
  readonly seq: number;
  readonly decision_id: string;
  readonly kind: string;
  readonly text: string;
  readonly parameters: (string | null)[] | null;
  readonly effects: { verb: string; object: string }[];
  readonly terms: ApprovalTerms;
  readonly policy_revision: string;
  readonly binding_hash: string;
  /** It outlives its session and may be used at any gateway. */
  readonly portable: boolean;
  readonly reasons: string[];
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly resolved_at: Date | null;
  readonly consumed_at: Date | null;
  readonly outcome: 'completed' | 'failed' | 'unknown' | null;
  readonly outcome_detail: string | null;
  /** Of the database's own clock: replicas need not agree on the time. */
  readonly is_past: boolean;
}

export interface DecisionRow {
  readonly person: string;
  readonly verdict: 'approve' | 'deny';
  readonly principal: Principal;
  readonly credential_id: string;
  readonly comment: string | null;
  readonly decided_at: Date;
}

const columns = 'approvals.*, expires_at <= now() AS is_past';

export function findApproval(db: Queryable, id: string): Promise<ApprovalRow | undefined> {
  return firstRow<ApprovalRow>(db, `SELECT ${columns} FROM approvals WHERE id = $1`, [id]);
}

/** Holds the row until the transaction ends, so that whatever is decided next is decided on what was read. */
export function lockApproval(db: Queryable, id: string): Promise<ApprovalRow | undefined> {
  return firstRow<ApprovalRow>(db, `SELECT ${columns} FROM approvals WHERE id = $1 FOR UPDATE`, [id]);
}

export function decisionsOf(db: Queryable, id: string): Promise<DecisionRow[]> {
  return rows<DecisionRow>(db, 'SELECT * FROM approval_decisions WHERE approval_id = $1 ORDER BY decided_at, person', [
    id,
  ]);
}

/** The one way a state changes: compare and set, along the state machine. False: the event came too late. */
export async function move(db: Queryable, id: string, event: ApprovalEvent, reason?: string): Promise<boolean> {
  const from = statesAccepting(event);
  const to = next(from[0]!, event)!;
  const moved = await rows(
    db,
    `UPDATE approvals SET state = $2, state_reason = coalesce($4, state_reason),
       resolved_at = CASE WHEN $2 = 'consumed' THEN resolved_at ELSE now() END,
       consumed_at = CASE WHEN $2 = 'consumed' THEN now() END
     WHERE id = $1 AND state = ANY ($3::text[]) RETURNING id`,
    [id, to, from, reason ?? null],
  );
  return moved.length > 0;
}

/** A gateway gives up when its own clock says so: with so little time left, that is what it did. */
const outOfTime = `expires_at <= statement_timestamp() + interval '1 second'`;

/**
 * The requester's side waits no longer for one approval, or for all that sessions waited for. What is out of time expires:
 * nobody decided in time, whichever clock noticed first and whichever news of it came first.
 */
export async function giveUp(
  db: Queryable,
  { id, sessionIds }: { readonly id?: string; readonly sessionIds?: readonly string[] },
  reason: string,
): Promise<void> {
  await db.query(
    `UPDATE approvals SET resolved_at = now(),
       state = CASE WHEN ${outOfTime} THEN 'expired' ELSE 'abandoned' END,
       state_reason = CASE WHEN ${outOfTime} THEN state_reason ELSE $4 END
     WHERE (id = $1 OR (session_id = ANY ($2::uuid[]) AND NOT portable)) AND state = ANY ($3::text[])`,
    [id ?? null, sessionIds ?? [], statesAccepting('abandon'), reason],
  );
}

/** Expires what is past its time: all of it, or the one named. Gives back what this call expired. */
export function expirePast(db: Queryable, id?: string): Promise<{ id: string; gateway: string }[]> {
  return rows(
    db,
    `UPDATE approvals SET state = 'expired', resolved_at = now()
     WHERE state = ANY ($1::text[]) AND expires_at <= now() AND ($2::uuid IS NULL OR id = $2) RETURNING id, gateway`,
    [statesAccepting('expire'), id ?? null],
  );
}

/** Notes one person's word; saying the same again changes nothing. */
export async function noteDecision(
  db: Queryable,
  id: string,
  decision: Omit<DecisionRow, 'decided_at'>,
): Promise<void> {
  await db.query(
    `INSERT INTO approval_decisions (approval_id, person, verdict, principal, credential_id, comment)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [
      id,
      decision.person,
      decision.verdict,
      JSON.stringify(decision.principal),
      decision.credential_id,
      decision.comment,
    ],
  );
}
