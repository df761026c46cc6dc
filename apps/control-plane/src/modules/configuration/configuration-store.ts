import type { ManifestKind } from '@sallyport/api-contract';
import type { Queryable } from '../../platform/database/query.js';
import { firstRow, rows } from '../../platform/database/query.js';
import type { Origin, StoredObject, StoredSpecs } from './configuration.js';
import { Configuration } from './configuration.js';

interface ObjectRow {
  readonly kind: ManifestKind;
  readonly name: string;
  readonly spec: StoredSpecs[ManifestKind];
  readonly version: number;
  readonly origin: Origin;
  readonly created_at: Date;
  readonly updated_at: Date;
}

function toObject<K extends ManifestKind>(row: ObjectRow): StoredObject<K> {
  const { kind, name, spec, version, origin, created_at: createdAt, updated_at: updatedAt } = row;
  return { kind, name, spec, version, origin, createdAt, updatedAt } as StoredObject<K>;
}

export async function loadConfiguration(db: Queryable): Promise<Configuration> {
  const found = await rows<ObjectRow>(db, 'SELECT * FROM objects');
  return new Configuration(found.map((row) => toObject(row)));
}

export async function findObject<K extends ManifestKind>(
  db: Queryable,
  kind: K,
  name: string,
): Promise<StoredObject<K> | undefined> {
  const row = await firstRow<ObjectRow>(db, 'SELECT * FROM objects WHERE kind = $1 AND name = $2', [kind, name]);
  return row && toObject<K>(row);
}

/** By name; those after `after`, where given. */
export async function listObjects<K extends ManifestKind>(
  db: Queryable,
  kind: K,
  page: { readonly after?: string; readonly limit: number },
): Promise<StoredObject<K>[]> {
  const found = await rows<ObjectRow>(
    db,
    `SELECT * FROM objects WHERE kind = $1 AND ($2::text IS NULL OR name COLLATE "C" > $2) ORDER BY name COLLATE "C" LIMIT $3`,
    [kind, page.after ?? null, page.limit],
  );
  return found.map((row) => toObject<K>(row));
}

/** Creates or replaces; returns what is now stored. */
export async function saveObject(
  db: Queryable,
  object: { readonly kind: ManifestKind; readonly name: string; readonly spec: unknown; readonly origin: Origin },
): Promise<StoredObject> {
  const row = await firstRow<ObjectRow>(
    db,
    `INSERT INTO objects (kind, name, spec, origin) VALUES ($1, $2, $3, $4)
     ON CONFLICT (kind, name) DO UPDATE SET
       spec = excluded.spec, origin = excluded.origin, version = objects.version + 1, updated_at = now()
     RETURNING *`,
    [object.kind, object.name, JSON.stringify(object.spec), object.origin],
  );
  return toObject(row!);
}

export async function deleteObject(db: Queryable, kind: ManifestKind, name: string): Promise<void> {
  await db.query('DELETE FROM objects WHERE kind = $1 AND name = $2', [kind, name]);
}

/** Takes the one lock that orders every change of what gateways see, and says the current revision. */
export async function lockRevision(db: Queryable): Promise<number> {
  const row = await firstRow<{ revision: string }>(db, 'SELECT revision FROM policy_revision FOR UPDATE');
  return Number(row!.revision);
}

export async function bumpRevision(db: Queryable): Promise<number> {
  const row = await firstRow<{ revision: string }>(
    db,
    'UPDATE policy_revision SET revision = revision + 1 RETURNING revision',
  );
  return Number(row!.revision);
}

export async function currentRevision(db: Queryable): Promise<number> {
  const row = await firstRow<{ revision: string }>(db, 'SELECT revision FROM policy_revision');
  return Number(row!.revision);
}
