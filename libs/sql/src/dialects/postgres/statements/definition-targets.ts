import type { Node, RangeVar } from '@pgsql/types';
import type { Analysis } from '../analysis.js';
import { descendantsOf } from '../kin.js';
import { findRelations, tableRefs } from '../relations.js';
import { creationSchema, lookupPath } from '../search-path.js';
import { as, stringOf } from '../tree.js';

/** A relation that a definition names: its table when it exists, the schema it would be in otherwise. */
export function alterRelation(analysis: Analysis, name: RangeVar): void {
  analysis.visited.add(name);
  const found = findRelations(analysis, name);
  if (found) {
    for (const ref of tableRefs(analysis, found)) analysis.effects.table('alter', ref);
    if (found.only) return;
    for (const relation of found.relations) {
      for (const part of descendantsOf(analysis, relation)) analysis.effects.table('alter', analysis.tableRef(part));
    }
    return;
  }
  const table = indexTable(analysis, name);
  if (table !== undefined) return alterByOid(analysis, table);
  alterSchema(analysis, name.schemaname ?? creationSchema(analysis.session));
}

function alterByOid(analysis: Analysis, oid: number): void {
  const relation = analysis.catalog.relationByOid(oid);
  if (!relation) return analysis.effects.other('alter', analysis.resource);
  analysis.relations.add(oid);
  analysis.effects.table('alter', analysis.tableRef(relation));
}

/** An index stands for its table. */
function indexTable(analysis: Analysis, name: RangeVar): number | undefined {
  const schemas = name.schemaname ? [name.schemaname] : lookupPath(analysis.session);
  for (const schema of schemas) {
    const relation = analysis.catalog.relation(schema, name.relname ?? '');
    if (relation && (relation.relkind === 'i' || relation.relkind === 'I')) return relation.parents?.[0];
  }
  return undefined;
}

export function alterSchema(analysis: Analysis, schema: string): void {
  analysis.effects.other('alter', { kind: 'Schema', resource: analysis.input.resource, schema });
}

const relations: ReadonlySet<string> = new Set([
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_INDEX',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_TABLE',
  'OBJECT_VIEW',
]);
/** Named by their relation and then their own name. */
const partsOfRelations: ReadonlySet<string> = new Set([
  'OBJECT_COLUMN',
  'OBJECT_POLICY',
  'OBJECT_RULE',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
]);
const inSchemas: ReadonlySet<string> = new Set([
  'OBJECT_AGGREGATE',
  'OBJECT_COLLATION',
  'OBJECT_CONVERSION',
  'OBJECT_DOMAIN',
  'OBJECT_FUNCTION',
  'OBJECT_OPERATOR',
  'OBJECT_PROCEDURE',
  'OBJECT_ROUTINE',
  'OBJECT_STATISTIC_EXT',
  'OBJECT_TSCONFIGURATION',
  'OBJECT_TSDICTIONARY',
  'OBJECT_TYPE',
]);

/** An object that a definition names by its kind and a list of names. What has no place of its own is the resource's. */
export function alterObject(analysis: Analysis, type: string | undefined, object: Node | undefined): void {
  const names = objectNames(object);
  const kind = type ?? '';
  if (names.length > 0 && relations.has(kind)) return alterRelation(analysis, rangeVarOf(names));
  if (names.length > 1 && partsOfRelations.has(kind)) return alterRelation(analysis, rangeVarOf(names.slice(0, -1)));
  if (names.length === 1 && kind === 'OBJECT_SCHEMA') return alterSchema(analysis, names[0]!);
  if (names.length > 0 && inSchemas.has(kind)) {
    return alterSchema(analysis, names.length > 1 ? names.at(-2)! : creationSchema(analysis.session));
  }
  analysis.effects.other('alter', analysis.resource);
}

function rangeVarOf(names: readonly string[]): RangeVar {
  return { relname: names.at(-1), schemaname: names.at(-2), catalogname: names.at(-3) };
}

function objectNames(object: Node | undefined): string[] {
  const nodes =
    as(object, 'List')?.items ??
    as(object, 'ObjectWithArgs')?.objname ??
    as(object, 'TypeName')?.names ??
    (object ? [object] : []);
  const names = nodes.map(stringOf);
  return names.includes(undefined) ? [] : (names as string[]);
}
