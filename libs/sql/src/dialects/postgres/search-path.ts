import type { SqlSession } from './inspection.js';

/** The session's schemas in lookup order; the system's come first unless listed. */
export function lookupPath(session: SqlSession): readonly string[] {
  const { searchPath } = session;
  return searchPath.includes('pg_catalog') ? searchPath : ['pg_catalog', ...searchPath];
}

/** Where an unqualified new object would go: the first schema of the path that is not implied. */
export function creationSchema(session: SqlSession): string {
  const { searchPath } = session;
  return searchPath.find((schema) => schema !== 'pg_catalog') ?? searchPath[0] ?? 'pg_catalog';
}

export function isSystemSchema(schema: string): boolean {
  return schema === 'pg_catalog' || schema === 'information_schema';
}
