import type { Queryable } from '../../platform/database/query.js';
import { firstRow, rows } from '../../platform/database/query.js';

export interface StoredKey {
  readonly id: string;
  readonly serviceAccount: string;
  /** SHA-256 of the whole key text, hex. */
  readonly hash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

const columns = `id, service_account AS "serviceAccount", hash, created_at AS "createdAt",
  expires_at AS "expiresAt", last_used_at AS "lastUsedAt"`;

export function findKey(db: Queryable, id: string): Promise<StoredKey | undefined> {
  return firstRow<StoredKey>(db, `SELECT ${columns} FROM service_account_keys WHERE id = $1`, [id]);
}

/** By id; those after `after`, where given. */
export function listKeys(
  db: Queryable,
  serviceAccount: string,
  page: { readonly after?: string; readonly limit: number },
): Promise<StoredKey[]> {
  return rows<StoredKey>(
    db,
    `SELECT ${columns} FROM service_account_keys
     WHERE service_account = $1 AND ($2::text IS NULL OR id COLLATE "C" > $2) ORDER BY id COLLATE "C" LIMIT $3`,
    [serviceAccount, page.after ?? null, page.limit],
  );
}

/** Every key of every account. */
export function allKeys(db: Queryable): Promise<StoredKey[]> {
  return rows<StoredKey>(db, `SELECT ${columns} FROM service_account_keys ORDER BY id COLLATE "C"`);
}

/** Those that have not ended. */
export async function countLivingKeys(db: Queryable, serviceAccount: string): Promise<number> {
  const text = `SELECT count(*)::integer AS count FROM service_account_keys
    WHERE service_account = $1 AND (expires_at IS NULL OR expires_at > now())`;
  return (await firstRow<{ count: number }>(db, text, [serviceAccount]))!.count;
}

/** What has ended proves nothing, and its making is in the audit trail. */
export async function forgetEndedKeys(db: Queryable, serviceAccount: string): Promise<void> {
  await db.query('DELETE FROM service_account_keys WHERE service_account = $1 AND expires_at <= now()', [
    serviceAccount,
  ]);
}

/** Lets a key end then, unless it ends before; returns when it does. */
export async function endKey(db: Queryable, id: string, at: Date): Promise<Date> {
  const text = `UPDATE service_account_keys SET expires_at = LEAST(COALESCE(expires_at, $2), $2) WHERE id = $1
    RETURNING expires_at AS "expiresAt"`;
  return (await firstRow<{ expiresAt: Date }>(db, text, [id, at]))!.expiresAt;
}

export async function insertKey(
  db: Queryable,
  key: Pick<StoredKey, 'id' | 'serviceAccount' | 'hash' | 'expiresAt'>,
): Promise<void> {
  await db.query(`INSERT INTO service_account_keys (id, service_account, hash, expires_at) VALUES ($1, $2, $3, $4)`, [
    key.id,
    key.serviceAccount,
    key.hash,
    key.expiresAt,
  ]);
}

/** False: there was none. */
export async function deleteKey(db: Queryable, serviceAccount: string, id: string): Promise<boolean> {
  const text = 'DELETE FROM service_account_keys WHERE service_account = $1 AND id = $2 RETURNING id';
  return (await rows(db, text, [serviceAccount, id])).length > 0;
}

/** To the minute. */
export async function noteKeyUse(db: Queryable, id: string): Promise<void> {
  await db.query(
    `UPDATE service_account_keys SET last_used_at = now()
     WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
    [id],
  );
}
