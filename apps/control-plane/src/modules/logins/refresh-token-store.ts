import type { Queryable } from '../../platform/database/query.js';
import { firstRow } from '../../platform/database/query.js';
import type { StoredLogin } from './login-store.js';
import { hashText, newSecretText } from './secret-text.js';

const prefix = 'sr_';

/** Lives as long as its login, or until it is used. */
export async function newRefreshToken(db: Queryable, login: Pick<StoredLogin, 'id' | 'client'>): Promise<string> {
  const text = newSecretText(prefix);
  await db.query('INSERT INTO refresh_tokens (token_hash, login_id, client) VALUES ($1, $2, $3)', [
    hashText(text),
    login.id,
    login.client,
  ]);
  return text;
}

export interface TakenRefreshToken {
  readonly loginId: string;
  readonly client: string;
  /** False: somebody had used it before. */
  readonly isFresh: boolean;
}

/** Undefined: it never was one. */
export async function takeRefreshToken(db: Queryable, text: string): Promise<TakenRefreshToken | undefined> {
  const hash = hashText(text);
  const columns = 'login_id AS "loginId", client';
  const fresh = await firstRow<Omit<TakenRefreshToken, 'isFresh'>>(
    db,
    `UPDATE refresh_tokens SET used_at = now() WHERE token_hash = $1 AND used_at IS NULL RETURNING ${columns}`,
    [hash],
  );
  if (fresh) return { ...fresh, isFresh: true };
  const used = await findRefreshToken(db, text);
  return used && { ...used, isFresh: false };
}

/** Whose it is or was. */
export function findRefreshToken(db: Queryable, text: string): Promise<Omit<TakenRefreshToken, 'isFresh'> | undefined> {
  return firstRow(db, 'SELECT login_id AS "loginId", client FROM refresh_tokens WHERE token_hash = $1', [
    hashText(text),
  ]);
}
