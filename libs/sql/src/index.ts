export type { Catalog, CatalogColumn, CatalogFunction, CatalogRelation } from './dialects/postgres/catalog.js';
export type {
  CopyFormat,
  CopyShape,
  Inspection,
  SessionChange,
  SqlInspector,
  SqlSession,
  StatementInspection,
} from './dialects/postgres/inspection.js';
