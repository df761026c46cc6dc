import type { DataSource, EntityManager } from 'typeorm';

/** Where a statement runs: the pool, or one transaction. */
export type Queryable = Pick<DataSource | EntityManager, 'query'>;

/** Rows of any statement. TypeORM answers UPDATE and DELETE as `[rows, count]` and everything else as the rows. */
export async function rows<Row>(db: Queryable, text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const result: unknown = await db.query(text, [...parameters]);
  if (!Array.isArray(result)) return [];
  const pair = result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number';
  return (pair ? result[0] : result) as Row[];
}

export async function firstRow<Row>(
  db: Queryable,
  text: string,
  parameters: readonly unknown[] = [],
): Promise<Row | undefined> {
  return (await rows<Row>(db, text, parameters))[0];
}
