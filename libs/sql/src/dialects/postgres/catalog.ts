/** A relation as the target's catalog describes it. */
export interface CatalogRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind: r, p, v, m, f, S, t, i, c … */
  readonly relkind: string;
  /** In attnum order, dropped ones left out. */
  readonly columns: readonly CatalogColumn[];
  /** For views and materialised views: what pg_get_viewdef says with an empty search path, so every name is qualified. */
  readonly definition?: string;
  /** Oids of the relations that this one inherits from or is a partition of; for an index, of its table. */
  readonly parents?: readonly number[];
  /** Oids of the relations that inherit from this one or are its partitions. */
  readonly children?: readonly number[];
  /** Has rules other than a view's own: writing to it may do anything. */
  readonly hasRules?: boolean;
}
export interface CatalogColumn {
  readonly attnum: number;
  readonly name: string;
  readonly typeOid: number;
  /** Computed by the server: COPY leaves it out unless it is listed. */
  readonly generated?: boolean;
  /** Attribute numbers of the columns that it is computed from. */
  readonly generatedFrom?: readonly number[];
}
export interface CatalogFunction {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** pg_proc.provolatile: i, s, v. */
  readonly volatility: string;
  /** pg_language.lanname. */
  readonly language: string;
  /** pg_proc.prokind: f, p, a, w. */
  readonly kind: string;
  readonly securityDefiner: boolean;
  /** Names of the columns it gives in FROM; undefined where that depends on the call. An empty name stands for the call's alias. */
  readonly resultColumns?: readonly string[];
}

/** A snapshot of the target's catalog. Immutable; a newer one has another revision. */
export interface Catalog {
  readonly revision: string;
  /** server_version_num, e.g. 180004. */
  readonly serverVersion: number;
  /** The database's own encoding as the server names it: names are cut in it. Absent means UTF8. */
  readonly encoding?: string;
  relation(schema: string, name: string): CatalogRelation | undefined;
  relationByOid(oid: number): CatalogRelation | undefined;
  /** Every overload. */
  functions(schema: string, name: string): readonly CatalogFunction[];
  /** True when a schema other than pg_catalog has an operator, cast or type input of this name that runs code. */
  hasCustomOperator(name: string): boolean;
  /** As `hasCustomOperator`, for one schema: only schemas on the search path matter. */
  customOperatorIn?(schema: string, name: string): boolean;
  /** Schemas that exist. */
  hasSchema(name: string): boolean;
  /** True for types outside pg_catalog that are not enums, domains, composites or ranges over built-in code. */
  isOpaqueType(schema: string, name: string): boolean;
}
