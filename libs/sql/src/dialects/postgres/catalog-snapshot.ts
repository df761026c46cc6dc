import { createHash } from 'node:crypto';
import type { Catalog, CatalogColumn, CatalogFunction, CatalogRelation } from './catalog.js';
import { type CatalogPart, catalogQueries, type CatalogRow, type CatalogRows } from './catalog-queries.js';
import { isUnsafe } from './safe-functions.js';

/**
 * Reads a snapshot through a function that runs one query and gives its rows in text form: see `catalogQueries` for the
 * state the connection must be in. Rejects when a query does.
 */
export async function readCatalog(query: (sql: string) => Promise<readonly CatalogRow[]>): Promise<Catalog> {
  const rows: Partial<Record<CatalogPart, readonly CatalogRow[]>> = {};
  for (const part of Object.keys(catalogQueries) as CatalogPart[]) rows[part] = await query(catalogQueries[part]);
  return buildCatalog(rows as CatalogRows);
}

/** Makes a snapshot of the rows that `catalogQueries` gave. Throws when they are not of that form. */
export function buildCatalog(rows: CatalogRows): Catalog {
  const relations = relationsOf(rows);
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  const byName = new Map(relations.map((relation) => [key(relation.schema, relation.name), relation]));
  const functions = groupFunctions(rows.functions);
  const schemas = new Set(rows.schemas.map((row) => text(row, 0)));
  const operators = new Set(rows.operators.filter(isCustom).map((row) => key(text(row, 0), text(row, 1))));
  const operatorNames = new Set(rows.operators.filter(isCustom).map((row) => text(row, 1)));
  for (const row of rows.casts) operatorNames.add(`::${text(row, 0)}`);
  const opaqueTypes = opaqueTypeNames(rows.types);
  const none: readonly CatalogFunction[] = [];
  return {
    revision: createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 32),
    serverVersion: number(rows.server[0] ?? [], 0),
    encoding: text(rows.server[0] ?? [], 1),
    relation: (schema, name) => byName.get(key(schema, name)),
    relationByOid: (oid) => byOid.get(oid),
    functions: (schema, name) => functions.get(key(schema, name)) ?? none,
    hasCustomOperator: (name) => operatorNames.has(name),
    customOperatorIn: (schema, name) => operators.has(key(schema, name)),
    hasSchema: (name) => schemas.has(name),
    isOpaqueType: (schema, name) => opaqueTypes.has(key(schema, name)),
  };
}

function key(schema: string, name: string): string {
  return `${schema}\0${name}`;
}

function text(row: CatalogRow, index: number): string {
  const value = row[index];
  if (typeof value !== 'string') throw new Error('a catalog row has an unexpected form');
  return value;
}

function number(row: CatalogRow, index: number): number {
  const value = Number(text(row, index));
  if (!Number.isSafeInteger(value)) throw new Error('a catalog row has an unexpected form');
  return value;
}

/** Booleans cast to text read `true`; uncast ones `t`. */
function isTrue(row: CatalogRow, index: number): boolean {
  return row[index] === 'true' || row[index] === 't';
}

function relationsOf(rows: CatalogRows): CatalogRelation[] {
  const columns = new Map<number, CatalogColumn[]>();
  for (const row of rows.columns) {
    push(columns, number(row, 0), {
      attnum: number(row, 1),
      name: text(row, 2),
      typeOid: number(row, 3),
      generated: isTrue(row, 4),
      generatedFrom: row[5] ? (JSON.parse(row[5]) as number[]) : undefined,
    });
  }
  const parents = new Map<number, number[]>();
  const children = new Map<number, number[]>();
  for (const row of rows.inheritance) {
    push(parents, number(row, 0), number(row, 1));
    push(children, number(row, 1), number(row, 0));
  }
  return rows.relations.map((row) => {
    const oid = number(row, 0);
    const table = row[6] ? [number(row, 6)] : undefined;
    return {
      oid,
      schema: text(row, 1),
      name: text(row, 2),
      relkind: text(row, 3),
      columns: columns.get(oid) ?? [],
      definition: row[4] ?? undefined,
      hasRules: isTrue(row, 5),
      parents: table ?? parents.get(oid),
      children: children.get(oid),
    };
  });
}

function push<K, V>(lists: Map<K, V[]>, at: K, value: V): void {
  const list = lists.get(at);
  if (list) list.push(value);
  else lists.set(at, [value]);
}

function groupFunctions(rows: readonly CatalogRow[]): Map<string, CatalogFunction[]> {
  const groups = new Map<string, CatalogFunction[]>();
  for (const row of rows) {
    const found: CatalogFunction = {
      oid: number(row, 0),
      schema: text(row, 1),
      name: text(row, 2),
      volatility: text(row, 3),
      language: text(row, 4),
      kind: text(row, 5),
      securityDefiner: isTrue(row, 6),
      resultColumns: resultColumns(row[7]),
    };
    push(groups, key(found.schema, found.name), found);
  }
  return groups;
}

function resultColumns(json: string | null | undefined): readonly string[] | undefined {
  if (!json) return undefined;
  const names = JSON.parse(json) as unknown;
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return undefined;
  // Several columns of which one has no name: the server makes names up.
  return names.length > 1 && names.includes('') ? undefined : names;
}

/** First oid that initdb does not give out. */
const firstUserOid = 16384;

/**
 * An operator over code of somebody's making. Functions in C and internal ones take a superuser to define, so those
 * that change nothing are trusted (citext, hstore, PostGIS); a built-in that runs SQL text is not.
 */
function isCustom(row: CatalogRow): boolean {
  const [, , name, oid, volatility, language] = row;
  if (!name || !oid || (language !== 'c' && language !== 'internal') || volatility === 'v') return true;
  return Number(oid) < firstUserOid && isUnsafe(name);
}

interface TypeRow {
  readonly oid: string;
  readonly key: string;
  readonly rests: readonly string[];
  opaque: boolean;
}

/** Types whose input runs unknown code, and whatever is made of them: arrays, domains, ranges, composites. */
function opaqueTypeNames(rows: readonly CatalogRow[]): Set<string> {
  const types: TypeRow[] = rows.map((row) => ({
    oid: text(row, 0),
    key: key(text(row, 1), text(row, 2)),
    rests: [row[4] ?? '0', row[5] ?? '0', ...(row[7] ? (JSON.parse(row[7]) as string[]) : [])],
    opaque: !isTrue(row, 6),
  }));
  const byOid = new Map(types.map((type) => [type.oid, type]));
  for (let changed = true; changed;) {
    changed = false;
    for (const type of types) {
      if (type.opaque || !type.rests.some((oid) => byOid.get(oid)?.opaque)) continue;
      type.opaque = true;
      changed = true;
    }
  }
  return new Set(types.filter((type) => type.opaque).map((type) => type.key));
}
