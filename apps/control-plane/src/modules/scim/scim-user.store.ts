import type { Queryable } from '../../platform/database/query.js';
import { firstRow, rows } from '../../platform/database/query.js';
import type { StoredSpecs } from '../configuration/configuration.js';
import { ScimError } from './scim-error.js';
import type { EqualityFilter } from './scim-filter.js';

/** A User whom the provider knows, with what only SCIM keeps. */
export interface ScimUserRow {
  readonly name: string;
  readonly spec: StoredSpecs['User'];
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly subject: string;
  readonly userName: string;
  readonly revision: number;
}

/** Of several identities at one provider the first counts. Who was deleted there is not shown to it. */
const known = `
  SELECT o.name, o.spec, o.version, o.created_at AS "createdAt", o.updated_at AS "updatedAt",
    i.subject, coalesce(s.user_name, i.subject) AS "userName", coalesce(s.revision, 0) AS revision
  FROM objects o
  CROSS JOIN LATERAL (
    SELECT one ->> 'subject' AS subject
    FROM jsonb_array_elements(o.spec -> 'identities') WITH ORDINALITY AS listed (one, at)
    WHERE one ->> 'issuer' = $1 ORDER BY at LIMIT 1
  ) i
  LEFT JOIN scim_users s ON s.provider = $1 AND s.subject = i.subject
  WHERE o.kind = 'User' AND s.deleted IS NOT TRUE
    AND ($2::text IS NULL OR o.name = $2)
    AND ($3::text IS NULL OR i.subject = $3)
    AND ($4::text IS NULL OR lower(coalesce(s.user_name, i.subject)) = lower($4))`;

export async function findScimUser(db: Queryable, provider: string, name: string): Promise<ScimUserRow | undefined> {
  return firstRow<ScimUserRow>(db, known, [provider, name, null, null]);
}

export interface ScimPage {
  readonly filter?: EqualityFilter<'userName' | 'externalId'> | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** By name. */
export async function listScimUsers(
  db: Queryable,
  provider: string,
  { filter, offset, limit }: ScimPage,
): Promise<{ readonly total: number; readonly users: ScimUserRow[] }> {
  const value = (name: string): string | null => (filter?.attribute === name ? filter.value : null);
  const parameters = [provider, null, value('externalId'), value('userName')];
  const counted = await firstRow<{ total: number }>(
    db,
    `SELECT count(*)::integer AS total FROM (${known}) k`,
    parameters,
  );
  const users = await rows<ScimUserRow>(db, `${known} ORDER BY o.name COLLATE "C" OFFSET $5 LIMIT $6`, [
    ...parameters,
    ...[offset, limit],
  ]);
  return { total: counted!.total, users };
}

/** Whether SCIM manages this identity, or did until it was deleted there. Undefined: never. */
export async function managedAs(
  db: Queryable,
  provider: string,
  subject: string,
): Promise<'present' | 'deleted' | undefined> {
  const text = 'SELECT deleted FROM scim_users WHERE provider = $1 AND subject = $2';
  const found = await firstRow<{ deleted: boolean }>(db, text, [provider, subject]);
  return found && (found.deleted ? 'deleted' : 'present');
}

interface Naming {
  readonly provider: string;
  readonly subject: string;
  readonly userName: string;
}

/** @throws ScimError `uniqueness` when somebody else who exists has that name at this provider. */
export async function requireFreeUserName(db: Queryable, { provider, subject, userName }: Naming): Promise<void> {
  const taken = await rows(
    db,
    `SELECT 1 FROM scim_users s
     WHERE s.provider = $1 AND s.subject <> $2 AND lower(s.user_name) = lower($3) AND NOT s.deleted
       AND EXISTS (SELECT 1 FROM objects o WHERE o.kind = 'User'
         AND o.spec -> 'identities' @> jsonb_build_array(jsonb_build_object('issuer', s.provider, 'subject', s.subject)))`,
    [provider, subject, userName],
  );
  if (taken.length > 0) throw new ScimError(409, 'Somebody else has this userName.', 'uniqueness');
}

/** Any number, the same in every replica. */
const namingLock = 7_253_006;

/**
 * Keeps what the directory calls somebody; whoever was deleted there is back. Within a transaction.
 * @returns what it was called before; undefined where it was not known or deleted.
 */
export async function saveUserName(db: Queryable, naming: Naming): Promise<string | undefined> {
  await db.query('SELECT pg_advisory_xact_lock($1)', [namingLock]);
  await requireFreeUserName(db, naming);
  const before = await firstRow<{ name: string }>(
    db,
    'SELECT user_name AS name FROM scim_users WHERE provider = $1 AND subject = $2 AND NOT deleted',
    [naming.provider, naming.subject],
  );
  await db.query(
    `INSERT INTO scim_users (provider, subject, user_name) VALUES ($1, $2, $3)
     ON CONFLICT (provider, subject) DO UPDATE SET
       user_name = excluded.user_name, deleted = false, revision = scim_users.revision + 1
     WHERE scim_users.deleted OR scim_users.user_name <> excluded.user_name`,
    [naming.provider, naming.subject, naming.userName],
  );
  return before?.name;
}

export async function markDeleted(db: Queryable, naming: Naming): Promise<void> {
  await db.query(
    `INSERT INTO scim_users (provider, subject, user_name, deleted) VALUES ($1, $2, $3, true)
     ON CONFLICT (provider, subject) DO UPDATE SET deleted = true, revision = scim_users.revision + 1`,
    [naming.provider, naming.subject, naming.userName],
  );
}
