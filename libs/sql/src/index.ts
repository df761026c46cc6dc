export type { Catalog, CatalogColumn, CatalogFunction, CatalogRelation } from './dialects/postgres/catalog.js';
export type { CatalogPart, CatalogRow, CatalogRows } from './dialects/postgres/catalog-queries.js';
export { catalogFingerprintQuery, catalogQueries } from './dialects/postgres/catalog-queries.js';
export { buildCatalog, readCatalog } from './dialects/postgres/catalog-snapshot.js';
export type {
  CopyFormat,
  CopyShape,
  Inspection,
  SessionChange,
  SqlInspector,
  SqlSession,
  StatementInspection,
} from './dialects/postgres/inspection.js';
export type { PostgresInspectorOptions } from './dialects/postgres/inspector.js';
export { PostgresInspector } from './dialects/postgres/inspector.js';
export { loadParser, parserReady } from './dialects/postgres/parser.js';
