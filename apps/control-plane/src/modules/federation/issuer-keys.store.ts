import type { Queryable } from '../../platform/database/query.js';
import { firstRow, rows } from '../../platform/database/query.js';
import type { StoredSpecs } from '../configuration/configuration.js';
import type { Jwk } from './issuer-jwks.js';

export interface StoredIssuerKeys {
  readonly name: string;
  readonly source: string;
  /** Null: they were never fetched. */
  readonly jwks: readonly Jwk[] | null;
  readonly fetchedAt: Date | null;
  readonly validUntil: Date | null;
  readonly failure: string | null;
}

const columns = `name, source, jwks, fetched_at AS "fetchedAt", valid_until AS "validUntil", failure`;

/** Where the keys of a declaration come from; undefined when it holds them itself. Keys of one source count for no other. */
export function sourceOf({ issuer, jwksUri, jwks }: StoredSpecs['TrustedIssuer']): string | undefined {
  return jwks ? undefined : JSON.stringify([issuer, jwksUri ?? null]);
}

export function listIssuerKeys(db: Queryable): Promise<StoredIssuerKeys[]> {
  return rows<StoredIssuerKeys>(db, `SELECT ${columns} FROM issuer_keys`);
}

export function findIssuerKeys(db: Queryable, name: string): Promise<StoredIssuerKeys | undefined> {
  return firstRow<StoredIssuerKeys>(db, `SELECT ${columns} FROM issuer_keys WHERE name = $1`, [name]);
}

/** One row for each issuer whose keys are fetched. A row of another source starts over. */
export async function expectIssuerKeys(db: Queryable, name: string, source: string): Promise<void> {
  await db.query(
    `INSERT INTO issuer_keys (name, source) SELECT name, $2 FROM objects WHERE kind = 'TrustedIssuer' AND name = $1
     ON CONFLICT (name) DO UPDATE
     SET source = excluded.source, jwks = NULL, fetched_at = NULL, valid_until = NULL, published_until = NULL,
       tried_at = NULL, failure = NULL
     WHERE issuer_keys.source <> excluded.source`,
    [name, source],
  );
}

export interface Patience {
  /** Since the last fetch that worked. */
  readonly sinceFetchMs: number;
  /** Since the last one that was tried; longer than any takes, so that over all replicas one is under way. */
  readonly sinceTryMs: number;
}

/** Takes the right to fetch; false when somebody else has it, or it is too soon. */
export async function claimFetch(db: Queryable, name: string, source: string, patience: Patience): Promise<boolean> {
  const taken = await rows(
    db,
    `UPDATE issuer_keys SET tried_at = now()
     WHERE name = $1 AND source = $2
       AND (tried_at IS NULL OR tried_at < now() - $3 * interval '1 millisecond')
       AND (failure IS NOT NULL OR fetched_at IS NULL OR fetched_at < now() - $4 * interval '1 millisecond')
     RETURNING name`,
    [name, source, patience.sinceTryMs, patience.sinceFetchMs],
  );
  return taken.length > 0;
}

/** As it is in this transaction, held until its end. Undefined: the declaration has changed meanwhile. */
export function lockIssuerKeys(
  db: Queryable,
  name: string,
  source: string,
): Promise<(StoredIssuerKeys & { readonly isPublishedSoonStale: boolean }) | undefined> {
  return firstRow(
    db,
    `SELECT ${columns}, (published_until IS NULL OR published_until < now() + $3 * interval '1 second')
       AS "isPublishedSoonStale"
     FROM issuer_keys WHERE name = $1 AND source = $2 FOR UPDATE`,
    [name, source, republishSeconds],
  );
}

/** While an issuer is unreachable its keys go on counting for so long. */
const validSeconds = 15 * 60;
/** Gateways hear of a longer validity when theirs has less than this left: half of it, so that some fetches may fail. */
const republishSeconds = 8 * 60;

export async function saveIssuerKeys(db: Queryable, name: string, jwks: readonly Jwk[]): Promise<void> {
  await db.query(
    `UPDATE issuer_keys SET jwks = $2, fetched_at = now(), valid_until = now() + $3 * interval '1 second', failure = NULL
     WHERE name = $1`,
    [name, JSON.stringify(jwks), validSeconds],
  );
}

export async function saveFetchFailure(db: Queryable, name: string, source: string, failure: string): Promise<void> {
  await db.query('UPDATE issuer_keys SET failure = $3 WHERE name = $1 AND source = $2', [name, source, failure]);
}

/** Every issuer's validity is in the next snapshot: none needs another one soon. */
export async function notePublished(db: Queryable): Promise<void> {
  await db.query('UPDATE issuer_keys SET published_until = valid_until WHERE valid_until IS NOT NULL');
}
