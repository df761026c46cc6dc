import type { Queryable } from '../../platform/database/query.js';
import { rows } from '../../platform/database/query.js';
import type { AssertedIdentity } from './assertion.js';

/** Kept longer than needed: what one replica's clock still accepts another's must not have forgotten. */
const graceMs = 3_600_000;

/** Notes that an assertion is used. False: it was before, here or on another replica. */
export async function useAssertion(
  db: Queryable,
  provider: string,
  { assertionId, expiresAt }: Pick<AssertedIdentity, 'assertionId' | 'expiresAt'>,
): Promise<boolean> {
  await db.query('DELETE FROM saml_assertions WHERE expires_at < $1', [new Date(Date.now() - graceMs)]);
  const noted = await rows(
    db,
    `INSERT INTO saml_assertions (provider, assertion_id, expires_at) VALUES ($1, $2, $3)
     ON CONFLICT DO NOTHING RETURNING assertion_id`,
    [provider, assertionId, expiresAt],
  );
  return noted.length > 0;
}
