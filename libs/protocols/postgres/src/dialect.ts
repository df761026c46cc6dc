import type { Catalog, SqlInspector } from '@sallyport/sql';

/** Rows of one answer, as text. */
export type TextRows = (string | null)[][];

/**
 * On which the catalog must be read: view definitions then come with every name qualified, and nobody's temporary table
 * can stand in for one of the system's, as it could if pg_temp were not listed.
 */
export const catalogSearchPath = 'pg_catalog, pg_temp';

/** How texts are read and what is asked of a target to read them by. */
export interface SqlDialect {
  /** Resolves when inspectors may be used. */
  load(): Promise<void>;
  /** One per resource, shared by its sessions: it remembers what it has read. */
  inspector(resource: string): SqlInspector;
  /** Cheap; its answer changes whenever the catalog does. */
  readonly fingerprintQuery: string;
  /** To be asked on `catalogSearchPath`. */
  readonly catalogQueries: readonly string[];
  /** @param answers in the order of `catalogQueries` */
  buildCatalog(answers: readonly TextRows[]): Catalog;
}
