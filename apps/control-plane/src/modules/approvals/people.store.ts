import { rows, type Queryable } from '../../platform/database/query.js';
import { People } from './person.js';

interface NameRow {
  readonly kind: 'User' | 'ServiceAccount';
  readonly name: string;
  /** E-mail address of a user, owner of an account. */
  readonly other: string | null;
}

/** Everybody as declared now. Disabled ones too: an account that is off still says whose it is. */
export async function loadPeople(db: Queryable): Promise<People> {
  const found = await rows<NameRow>(
    db,
    `SELECT kind, name, CASE kind WHEN 'User' THEN spec->>'email' ELSE spec->>'owner' END AS other
     FROM objects WHERE kind IN ('User', 'ServiceAccount')`,
  );
  return new People({
    users: found.filter(({ kind }) => kind === 'User').map(({ name, other }) => ({ name, email: other })),
    accounts: found.filter(({ kind }) => kind === 'ServiceAccount').map(({ name, other }) => ({ name, owner: other })),
  });
}
