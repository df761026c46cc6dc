import type { Queryable } from '../../platform/database/query.js';
import { firstRow, rows } from '../../platform/database/query.js';

/** Gateways' clocks may be behind this one by so much. */
const clockSkew = `interval '2 minutes'`;

/** Ids of tokens that were withdrawn before their time, for as long as their time lasts. */
export async function standingRevocations(db: Queryable): Promise<string[]> {
  const found = await rows<{ id: string }>(
    db,
    `SELECT token_id AS id FROM revoked_tokens WHERE expires_at > now() - ${clockSkew} ORDER BY token_id`,
  );
  return found.map(({ id }) => id);
}

export async function isTokenRevoked(db: Queryable, tokenId: string): Promise<boolean> {
  return (await firstRow(db, 'SELECT 1 FROM revoked_tokens WHERE token_id = $1', [tokenId])) !== undefined;
}

export interface Exchange {
  readonly tokenId: string;
  /** The tokens of ours that it was made from. */
  readonly parentIds: readonly string[];
  readonly expiresAt: Date;
}

/**
 * Remembers what a token was made from; false when that has been withdrawn. Whoever withdraws a token holds the lock of the
 * revision, and this waits for it: no token is made from one that is just being withdrawn.
 */
export async function noteExchange(db: Queryable, { tokenId, parentIds, expiresAt }: Exchange): Promise<boolean> {
  await db.query('SELECT revision FROM policy_revision FOR SHARE');
  for (const parentId of parentIds) {
    if (await isTokenRevoked(db, parentId)) return false;
    await db.query('INSERT INTO exchanged_tokens (token_id, parent_id, expires_at) VALUES ($1, $2, $3)', [
      ...[tokenId, parentId],
      expiresAt,
    ]);
  }
  return true;
}

/** Whether the token was made from another one of ours, and so shares its credential with it. */
export async function isMadeFromAnother(db: Queryable, tokenId: string): Promise<boolean> {
  return (await firstRow(db, 'SELECT 1 FROM exchanged_tokens WHERE token_id = $1 LIMIT 1', [tokenId])) !== undefined;
}

/** Withdraws a token and every token that was made from it, at whatever remove. How many were not withdrawn before. */
export async function revokeWithDescendants(db: Queryable, tokenId: string, expiresAt: Date): Promise<number> {
  const revoked = await rows(
    db,
    `WITH RECURSIVE descent (token_id, expires_at) AS (
       SELECT $1::text, $2::timestamptz
       UNION SELECT child.token_id, child.expires_at
       FROM exchanged_tokens AS child JOIN descent ON child.parent_id = descent.token_id
     )
     INSERT INTO revoked_tokens (token_id, expires_at) SELECT token_id, expires_at FROM descent
     ON CONFLICT (token_id) DO NOTHING RETURNING token_id`,
    [tokenId, expiresAt],
  );
  return revoked.length;
}

/** Rows about tokens that are refused for their age anyway. */
export async function forgetExpiredTokens(db: Queryable): Promise<void> {
  await db.query(`DELETE FROM revoked_tokens WHERE expires_at < now() - ${clockSkew}`);
  await db.query(`DELETE FROM exchanged_tokens WHERE expires_at < now() - ${clockSkew}`);
}
