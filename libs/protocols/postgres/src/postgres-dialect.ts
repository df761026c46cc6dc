import {
  buildCatalog,
  catalogFingerprintQuery,
  catalogQueries,
  loadParser,
  PostgresInspector,
  type CatalogPart,
  type CatalogRows,
} from '@sallyport/sql';
import type { SqlDialect } from './dialect.js';

const parts = Object.keys(catalogQueries) as CatalogPart[];

/** PostgreSQL as PostgreSQL itself reads it. */
export const postgresDialect: SqlDialect = {
  load: loadParser,
  inspector: (resource) => new PostgresInspector(resource),
  fingerprintQuery: catalogFingerprintQuery,
  catalogQueries: parts.map((part) => catalogQueries[part]),
  buildCatalog(answers) {
    return buildCatalog(Object.fromEntries(parts.map((part, at) => [part, answers[at]!])) as unknown as CatalogRows);
  },
};
