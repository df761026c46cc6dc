import type { Queryable } from '../../platform/database/query.js';
import { firstRow, rows } from '../../platform/database/query.js';
import type { ClaimGround } from './claim-grounds.js';

/** Somebody signed in, and it lasts until it ends or expires. */
export interface StoredLogin {
  readonly id: string;
  /** Name of the User. */
  readonly user: string;
  readonly provider: string;
  readonly subject: string;
  readonly idpSession: string | null;
  /** The OAuth client that got it. */
  readonly client: string;
  readonly grounds: readonly ClaimGround[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly endReason: string | null;
}

export type EndReason =
  | 'signed-out'
  | 'ended-by-administrator'
  | 'ended-by-provider'
  | 'user-disabled'
  | 'identity-removed'
  | 'provider-changed'
  | 'too-many'
  | 'code-misused'
  | 'token-reused';

const columns = `id, user_name AS "user", provider, subject, idp_session AS "idpSession", client, grounds,
  created_at AS "createdAt", expires_at AS "expiresAt", ended_at AS "endedAt", end_reason AS "endReason"`;
const stands = 'ended_at IS NULL AND expires_at > now()';

export async function insertLogin(
  db: Queryable,
  login: Omit<StoredLogin, 'createdAt' | 'endedAt' | 'endReason'>,
): Promise<StoredLogin> {
  const row = await firstRow<StoredLogin>(
    db,
    `INSERT INTO logins (id, user_name, provider, subject, idp_session, client, grounds, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${columns}`,
    [
      ...[login.id, login.user, login.provider, login.subject, login.idpSession, login.client],
      ...[JSON.stringify(login.grounds), login.expiresAt],
    ],
  );
  return row!;
}

/** Undefined: there is none, or it has ended or expired. */
export function findStandingLogin(db: Queryable, id: string): Promise<StoredLogin | undefined> {
  return firstRow<StoredLogin>(db, `SELECT ${columns} FROM logins WHERE id = $1 AND ${stands}`, [id]);
}

export function standingLogins(db: Queryable, user?: string): Promise<StoredLogin[]> {
  return rows<StoredLogin>(
    db,
    `SELECT ${columns} FROM logins WHERE ${stands} AND ($1::text IS NULL OR user_name = $1) ORDER BY id`,
    [user ?? null],
  );
}

/** Newest first. */
export function listLogins(
  db: Queryable,
  page: { readonly user?: string; readonly before?: readonly [string, string]; readonly limit: number },
): Promise<StoredLogin[]> {
  return rows<StoredLogin>(
    db,
    `SELECT ${columns} FROM logins
     WHERE ($1::text IS NULL OR user_name = $1)
       AND ($2::timestamptz IS NULL OR (date_trunc('milliseconds', created_at), id) < ($2, $3::uuid))
     ORDER BY date_trunc('milliseconds', created_at) DESC, id DESC LIMIT $4`,
    [page.user ?? null, page.before?.[0] ?? null, page.before?.[1] ?? null, page.limit],
  );
}

/** What the newest login of an identity found counts for the older ones too. */
export async function replaceGrounds(
  db: Queryable,
  identity: Pick<StoredLogin, 'provider' | 'subject'>,
  grounds: readonly ClaimGround[],
): Promise<void> {
  await db.query(`UPDATE logins SET grounds = $3 WHERE provider = $1 AND subject = $2 AND ${stands}`, [
    identity.provider,
    identity.subject,
    JSON.stringify(grounds),
  ]);
}

/** Which logins to end: all members that are given must fit. */
export interface LoginSelection {
  readonly id?: string;
  readonly user?: string;
  readonly provider?: string;
  readonly subject?: string;
  readonly idpSession?: string;
}

/** Those that stood and no longer do. */
export function endLogins(db: Queryable, which: LoginSelection, reason: EndReason): Promise<StoredLogin[]> {
  return rows<StoredLogin>(
    db,
    `UPDATE logins SET ended_at = now(), end_reason = $6
     WHERE ended_at IS NULL AND ($1::uuid IS NULL OR id = $1) AND ($2::text IS NULL OR user_name = $2)
       AND ($3::text IS NULL OR provider = $3) AND ($4::text IS NULL OR subject = $4)
       -- A login whose session nobody named goes with its subject.
       AND ($5::text IS NULL OR idp_session = $5 OR (idp_session IS NULL AND $4 IS NOT NULL))
     RETURNING ${columns}`,
    [
      ...[which.id ?? null, which.user ?? null, which.provider ?? null, which.subject ?? null],
      ...[which.idpSession ?? null, reason],
    ],
  );
}

/** Those of a person that stood beyond the newest ones. */
export function endOldestLogins(db: Queryable, user: string, kept: number): Promise<StoredLogin[]> {
  const reason: EndReason = 'too-many';
  return rows<StoredLogin>(
    db,
    `UPDATE logins SET ended_at = now(), end_reason = $3
     WHERE id IN (SELECT id FROM logins WHERE user_name = $1 AND ${stands} ORDER BY created_at DESC, id OFFSET $2)
     RETURNING ${columns}`,
    [user, kept, reason],
  );
}
