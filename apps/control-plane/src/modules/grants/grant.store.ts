import { firstRow, rows, type Queryable } from '../../platform/database/query.js';

/** A grant as its table holds it. */
export interface GrantRow {
  readonly id: string;
  readonly request_id: string;
  readonly principal: string;
  readonly role: string;
  readonly resources: string[];
  readonly break_glass: boolean;
  readonly started_at: Date;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
  readonly end_reason: 'expired' | 'revoked' | null;
  readonly ended_by: string | null;
  /** Of the database's own clock. */
  readonly is_past: boolean;
}

export const grantColumns = 'grants.*, grants.expires_at <= clock_timestamp() AS is_past';

/** Starts the clock: the grant ends this many seconds after the insert, whenever its transaction began. */
export async function insertGrant(
  db: Queryable,
  grant: Pick<GrantRow, 'request_id' | 'principal' | 'role' | 'resources' | 'break_glass'> & {
    readonly seconds: number;
  },
): Promise<GrantRow> {
  const row = await firstRow<GrantRow>(
    db,
    `INSERT INTO grants (request_id, principal, role, resources, break_glass, started_at, expires_at)
     SELECT $1, $2, $3, $4, $5, at, at + make_interval(secs => $6) FROM clock_timestamp() AS at
     RETURNING ${grantColumns}`,
    [grant.request_id, grant.principal, grant.role, JSON.stringify(grant.resources), grant.break_glass, grant.seconds],
  );
  return row!;
}

/** Holds the row until the transaction ends. */
export function lockGrant(db: Queryable, id: string): Promise<GrantRow | undefined> {
  return firstRow(db, `SELECT ${grantColumns} FROM grants WHERE id = $1 FOR UPDATE`, [id]);
}

/** The grant that came of a request, or that it made longer. */
export function grantOfRequest(db: Queryable, requestId: string): Promise<GrantRow | undefined> {
  return firstRow(
    db,
    `SELECT ${grantColumns} FROM grants
     WHERE request_id = $1 OR id = (SELECT extends FROM access_requests WHERE id = $1 AND state = 'approved')`,
    [requestId],
  );
}

/** False: it has ended. */
export async function lengthenGrant(db: Queryable, id: string, until: Date): Promise<boolean> {
  const changed = await rows(
    db,
    `UPDATE grants SET expires_at = $2
     WHERE id = $1 AND ended_at IS NULL AND expires_at > clock_timestamp() AND expires_at < $2 RETURNING id`,
    [id, until],
  );
  return changed.length > 0;
}

/** False: it has ended by itself or otherwise. */
export async function revokeGrant(db: Queryable, id: string, by: string): Promise<boolean> {
  const changed = await rows(
    db,
    `UPDATE grants SET ended_at = clock_timestamp(), end_reason = 'revoked', ended_by = $2
     WHERE id = $1 AND ended_at IS NULL AND expires_at > clock_timestamp() RETURNING id`,
    [id, by],
  );
  return changed.length > 0;
}

/** Marks those whose time is up; gives back what this call marked. */
export function expireGrants(db: Queryable): Promise<Pick<GrantRow, 'id' | 'principal' | 'role'>[]> {
  return rows(
    db,
    `UPDATE grants SET ended_at = expires_at, end_reason = 'expired'
     WHERE id IN (SELECT id FROM grants WHERE ended_at IS NULL AND expires_at <= clock_timestamp()
       ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED) RETURNING id, principal, role`,
  );
}

/** All that have not ended, of everybody. */
export function standingGrants(db: Queryable): Promise<GrantRow[]> {
  return rows(
    db,
    `SELECT ${grantColumns} FROM grants
     WHERE ended_at IS NULL AND expires_at > clock_timestamp() ORDER BY started_at, id`,
  );
}
