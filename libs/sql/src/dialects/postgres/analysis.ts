import type { Node, SelectStmt } from '@pgsql/types';
import type { ColumnRef, ResourceRef, TableRef } from '@sallyport/domain';
import type { Catalog, CatalogRelation } from './catalog.js';
import { EffectCollector } from './effect-collector.js';
import type { SqlSession, StatementInspection } from './inspection.js';
import type { CteFrame, Scope } from './scope.js';
import { columnKey, type NamedValue, type Value } from './value.js';
import { spend } from './work-limit.js';

/** The rows of a query. */
export interface Rows {
  readonly columns: readonly NamedValue[];
  /** Set when there are more or other columns than listed: what they can hold. */
  readonly open?: Value;
}

/** Where a query stands: what it may refer to outside of itself. */
export interface Frame {
  readonly outer?: Scope;
  readonly ctes?: CteFrame;
}

/** What a view shows in each column, and every relation that its definition mentions. */
export interface ViewShape {
  readonly columns: readonly Value[];
  readonly tables: readonly TableRef[];
}

/** The mutually recursive parts, handed around as a value so that their files need not import one another in circles. */
export interface Analyzers {
  query(analysis: Analysis, statement: SelectStmt, frame: Frame): Rows;
  /** INSERT, UPDATE, DELETE or MERGE; its rows are those of RETURNING. */
  modification(analysis: Analysis, statement: Node, frame: Frame): Rows | undefined;
  expression(analysis: Analysis, node: Node, scope: Scope): Value;
  /** What a view shows; undefined where its definition cannot be followed. */
  view(analysis: Analysis, relation: CatalogRelation): ViewShape | undefined;
}

export interface AnalysisInput {
  readonly resource: string;
  readonly catalog: Catalog;
  readonly session: SqlSession;
  readonly analyzers: Analyzers;
  /** Reads a prepared statement's text again: its names mean what they mean now. */
  readonly reinspect: (prepared: StatementInspection) => StatementInspection;
  /** Inspects a statement inside this one on its own: what PREPARE and DECLARE keep. */
  readonly inspectPart: (analysis: Analysis, node: Node) => StatementInspection;
  /** How many views or prepared statements this analysis is inside of. */
  readonly depth: number;
}

/** What is being found out about one statement. Mutable, used once. */
export class Analysis {
  readonly effects = new EffectCollector();
  readonly used = new Map<string, ColumnRef>();
  /** Qualified names of the functions called. */
  readonly functions = new Set<string>();
  /** Oids of relations that the meaning rests on. */
  readonly relations = new Set<number>();
  /** Parts of the tree that the analysis has accounted for; whatever significant part is missing refuses the statement. */
  readonly visited = new WeakSet<object>();
  /** Names of the first columns of subqueries, by their SubLink: an unnamed output is called after its subquery's. */
  readonly subqueryNames = new WeakMap<object, string>();
  /** The meaning depends on a literal's value: the text may not be cached with its literals replaced. */
  literalSensitive = false;
  /** The meaning depends on the session's prepared statements or cursors: not cached at all. */
  sessionSensitive = false;
  /** Something unreadable contributed: results have no traceable origin. */
  opaque = false;
  /** Every UPDATE and DELETE so far is restricted by a condition on its rows. */
  everyWriteRestricted = true;
  writes = false;
  /** Highest parameter number used. */
  parameters = 0;
  /** Columns of relations already looked at, by oid. */
  readonly relationColumns = new Map<number, readonly NamedValue[]>();
  readonly #read = new Set<string>();

  constructor(readonly input: AnalysisInput) {}

  get catalog(): Catalog {
    return this.input.catalog;
  }
  get session(): SqlSession {
    return this.input.session;
  }
  get resource(): ResourceRef {
    return { kind: 'Resource', resource: this.input.resource };
  }

  tableRef(relation: { readonly schema: string; readonly name: string }): TableRef {
    return { kind: 'Table', resource: this.input.resource, schema: relation.schema, table: relation.name };
  }

  column(relation: { readonly schema: string; readonly name: string }, column: string): ColumnRef {
    return { kind: 'Column', resource: this.input.resource, schema: relation.schema, table: relation.name, column };
  }

  /** The value is looked at. */
  read(value: Value): void {
    spend(1 + value.sources.size);
    for (const [key, ref] of value.sources) {
      if (this.#read.has(key)) continue;
      this.#read.add(key);
      this.effects.read(ref);
    }
  }

  /** The value decides something or goes somewhere other than a traced output. */
  use(value: Value): void {
    spend(1 + value.sources.size);
    this.useRefs(value.sources.values());
  }

  useRefs(refs: Iterable<ColumnRef>): void {
    for (const ref of refs) this.used.set(columnKey(ref), ref);
  }

  useAll(rows: Rows): void {
    for (const column of rows.columns) this.use(column.value);
    if (rows.open) this.use(rows.open);
  }

  query(statement: SelectStmt, frame: Frame): Rows {
    return this.input.analyzers.query(this, statement, frame);
  }

  expression(node: Node, scope: Scope): Value {
    return this.input.analyzers.expression(this, node, scope);
  }

  /** Analyses an expression whose value decides something. */
  condition(node: Node | undefined, scope: Scope): void {
    if (node) this.use(this.expression(node, scope));
  }

  conditions(nodes: readonly Node[] | undefined, scope: Scope): void {
    for (const node of nodes ?? []) this.condition(node, scope);
  }

  /** Code that nobody inspected would run. */
  call(schema: string, name: string): void {
    this.effects.other('call', { kind: 'Function', resource: this.input.resource, schema, name });
  }
}
