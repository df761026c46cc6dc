import type { Queryable } from '../../platform/database/query.js';
import { firstRow } from '../../platform/database/query.js';
import { listObjects } from '../configuration/configuration-store.js';
import type { StoredObject } from '../configuration/configuration.js';

const all = 100_000;

/** By name. */
export function trustedIssuers(db: Queryable): Promise<StoredObject<'TrustedIssuer'>[]> {
  return listObjects(db, 'TrustedIssuer', { limit: all });
}

/** Name of the user whom an issuer or provider calls so. No two users have the same identity. */
export async function userOfIdentity(db: Queryable, issuer: string, subject: string): Promise<string | undefined> {
  const row = await firstRow<{ name: string }>(
    db,
    `SELECT name FROM objects WHERE kind = 'User' AND spec -> 'identities' @> $1::jsonb`,
    [JSON.stringify([{ issuer, subject }])],
  );
  return row?.name;
}
