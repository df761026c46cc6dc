import type { Effect, ColumnRef } from '@sallyport/domain';
import { Analysis, type ViewShape } from './analysis.js';
import type { Catalog, CatalogRelation } from './catalog.js';
import { checkTree } from './check-tree.js';
import type { SqlSession } from './inspection.js';
import { parse } from './parser.js';
import { isSystemSchema } from './search-path.js';
import { as } from './tree.js';
import { spend, withinWorkLimit } from './work-limit.js';

interface ViewMeaning extends ViewShape {
  readonly effects: readonly Effect[];
  readonly used: ReadonlyMap<string, ColumnRef>;
  readonly relations: ReadonlySet<number>;
  readonly functions: ReadonlySet<string>;
  readonly opaque: boolean;
}

/** FirstNormalObjectId: what initdb made has a smaller oid. */
const firstUserOid = 16384;

/** Views upon views beyond this are not followed. */
const maxDepth = 32;

/** Definitions are printed with an empty search path, so they are read with one. */
const viewSession: SqlSession = {
  searchPath: ['pg_catalog'],
  tempRelations: new Set(),
  prepared: new Map(),
  cursors: new Map(),
};

/** A definition means the same for as long as the catalog is the same. */
const meanings = new WeakMap<Catalog, Map<string, ViewMeaning | undefined>>();

/**
 * What a view's columns are made of. Everything that the definition does besides becomes an effect of the statement.
 * A view that cannot be followed is code that nobody inspected: a `call`, and nothing about the rows is known.
 */
export function expandView(analysis: Analysis, relation: CatalogRelation): ViewShape | undefined {
  // The system's own views are judged by name (value-bearing.ts): their insides are the server's business.
  if (isSystemSchema(relation.schema) && relation.oid < firstUserOid) return undefined;
  const meaning = meaningOf(analysis, relation);
  if (!meaning) {
    analysis.opaque = true;
    analysis.effects.table('call', analysis.tableRef(relation));
    return undefined;
  }
  spend(meaning.effects.length + meaning.used.size + meaning.columns.length);
  analysis.effects.adopt(meaning.effects);
  for (const [key, ref] of meaning.used) analysis.used.set(key, ref);
  for (const oid of meaning.relations) analysis.relations.add(oid);
  for (const name of meaning.functions) analysis.functions.add(name);
  if (meaning.opaque) analysis.opaque = true;
  return meaning;
}

function meaningOf(analysis: Analysis, relation: CatalogRelation): ViewMeaning | undefined {
  const known = meanings.get(analysis.catalog) ?? new Map<string, ViewMeaning | undefined>();
  meanings.set(analysis.catalog, known);
  const key = `${relation.oid} ${analysis.input.resource}`;
  if (known.has(key)) return known.get(key);
  if (analysis.input.depth >= maxDepth) return undefined;
  let meaning: ViewMeaning | undefined;
  try {
    meaning = withinWorkLimit(() => analyse(analysis, relation));
  } catch {
    meaning = undefined; // not followed: the caller makes it opaque
  }
  known.set(key, meaning);
  return meaning;
}

function analyse(outer: Analysis, relation: CatalogRelation): ViewMeaning | undefined {
  const statements = parse(relation.definition ?? '').stmts ?? [];
  const query = as(statements[0]?.stmt, 'SelectStmt');
  if (!query || statements.length !== 1) return undefined;
  const analysis = new Analysis({ ...outer.input, session: viewSession, depth: outer.input.depth + 1 });
  analysis.visited.add(query);
  const rows = analysis.query(query, {});
  checkTree(analysis, statements[0]);
  if (rows.open || rows.columns.length !== relation.columns.length) return undefined;
  const effects = analysis.effects.list();
  return {
    columns: rows.columns.map((column) => column.value),
    tables: effects.flatMap(({ object }) => (object.kind === 'Table' ? [object] : [])),
    effects,
    used: analysis.used,
    relations: analysis.relations,
    functions: analysis.functions,
    opaque: analysis.opaque,
  };
}
