import type { Queryable } from '../../platform/database/query.js';
import { firstRow } from '../../platform/database/query.js';
import { hashText, newSecretText } from './secret-text.js';

/** RFC 9700 §2.1.1, RFC 6749 §4.1.2: short, and good for one attempt. */
const lifetime = `interval '60 seconds'`;

export interface StoredCode {
  readonly loginId: string;
  readonly client: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly isExpired: boolean;
}

export async function newCode(db: Queryable, code: Omit<StoredCode, 'isExpired'>): Promise<string> {
  const text = newSecretText('sc_');
  await db.query(
    `INSERT INTO authorization_codes (code_hash, login_id, client, redirect_uri, code_challenge, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + ${lifetime})`,
    [hashText(text), code.loginId, code.client, code.redirectUri, code.codeChallenge],
  );
  return text;
}

export type TakenCode =
  | { readonly kind: 'fresh'; readonly code: StoredCode }
  | { readonly kind: 'used'; readonly loginId: string }
  | { readonly kind: 'unknown' };

/** Whoever comes first gets it; everybody after learns that it was used. */
export async function takeCode(db: Queryable, text: string): Promise<TakenCode> {
  const hash = hashText(text);
  const code = await firstRow<StoredCode>(
    db,
    `UPDATE authorization_codes SET used_at = now() WHERE code_hash = $1 AND used_at IS NULL
     RETURNING login_id AS "loginId", client, redirect_uri AS "redirectUri", code_challenge AS "codeChallenge",
       expires_at <= now() AS "isExpired"`,
    [hash],
  );
  if (code) return { kind: 'fresh', code };
  const used = await firstRow<{ loginId: string }>(
    db,
    'SELECT login_id AS "loginId" FROM authorization_codes WHERE code_hash = $1',
    [hash],
  );
  return used ? { kind: 'used', ...used } : { kind: 'unknown' };
}
