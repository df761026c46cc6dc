import type { RangeVar } from '@pgsql/types';
import type { ColumnRef, SqlVerb, TableRef } from '@sallyport/domain';
import type { Analysis } from './analysis.js';
import type { CatalogRelation } from './catalog.js';
import { Refusal } from './refusal.js';
import type { RangeEntry } from './scope.js';
import { isSystemSchema, lookupPath } from './search-path.js';
import { bearsValues } from './value-bearing.js';
import { columnKey, either, mix, type NamedValue, type Value } from './value.js';
import { ancestorsOf, descendantsOf } from './kin.js';
import { spend } from './work-limit.js';
import { namedColumns } from './aliases.js';

/** What a relation's name means: usually one relation, two where a temporary one may hide a permanent one. */
export interface FoundRelations {
  readonly relations: readonly CatalogRelation[];
  /** Said with ONLY: what inherits from it is left out. */
  readonly only: boolean;
  /** Set when a temporary relation of that name may exist whose columns the catalog does not tell. */
  readonly unknownTemporary?: string;
}

/** pg_class.relkind of what a query can name: tables, partitioned, views, materialised, foreign, sequences, TOAST. */
const readable = 'rpvmfSt';

/** Looks a name up as the server would. Undefined when nothing has it. */
export function findRelations(analysis: Analysis, name: RangeVar): FoundRelations | undefined {
  if (name.catalogname) throw new Refusal('references to another database are not supported');
  const table = name.relname ?? '';
  const only = name.inh !== true;
  if (name.schemaname) {
    const found = analysis.catalog.relation(name.schemaname, table);
    if (found && readable.includes(found.relkind)) return { relations: [found], only };
    return name.schemaname === 'pg_temp' ? temporary(analysis, name, []) : undefined;
  }
  const permanent = lookupPath(analysis.session)
    .map((schema) => analysis.catalog.relation(schema, table))
    .find((relation) => relation !== undefined && readable.includes(relation.relkind));
  const found = permanent ? [permanent] : [];
  if (analysis.session.tempRelations.has(table)) return temporary(analysis, name, found);
  return permanent ? { relations: found, only } : undefined;
}

function temporary(
  analysis: Analysis,
  name: RangeVar,
  permanent: readonly CatalogRelation[],
): FoundRelations | undefined {
  const table = name.relname ?? '';
  const only = name.inh !== true;
  const known = analysis.catalog.relation('pg_temp', table);
  if (known) return { relations: [known, ...permanent], only };
  return analysis.session.tempRelations.has(table)
    ? { relations: permanent, only, unknownTemporary: table }
    : undefined;
}

export function requireRelations(analysis: Analysis, name: RangeVar): FoundRelations {
  analysis.visited.add(name);
  const found = findRelations(analysis, name);
  if (found) return found;
  const printed = [name.schemaname, name.relname].filter(Boolean).join('.');
  throw new Refusal(`relation "${printed}" does not exist or is not visible`, 'relation');
}

/** Every table object that a name may mean, for effects. */
export function tableRefs(analysis: Analysis, found: FoundRelations): TableRef[] {
  const refs = found.relations.map((relation) => {
    analysis.relations.add(relation.oid);
    return analysis.tableRef(relation);
  });
  if (found.unknownTemporary !== undefined) {
    refs.push(analysis.tableRef({ schema: 'pg_temp', name: found.unknownTemporary }));
  }
  return refs;
}

/** A relation in FROM: reading it is an effect, and so is what its kind brings along. */
export function readRelation(analysis: Analysis, name: RangeVar): RangeEntry {
  const found = requireRelations(analysis, name);
  for (const ref of tableRefs(analysis, found)) analysis.effects.table('select', ref);
  for (const relation of found.relations) {
    noteKind(analysis, relation);
    for (const kin of kinOf(analysis, relation, found.only)) {
      noteKind(analysis, kin);
      analysis.effects.table('select', analysis.tableRef(kin));
    }
  }
  return entryOf(analysis, name, found);
}

interface Write {
  readonly verb: SqlVerb;
  /** Absent where rows are touched as a whole. */
  readonly columns?: readonly string[];
  /** Rows are locked and stay as they are. */
  readonly locks?: boolean;
}

/** The entry of a relation that is written: its columns are effects only once they are read. */
export function writeRelation(analysis: Analysis, name: RangeVar, write: Write): RangeEntry {
  const found = requireRelations(analysis, name);
  noteWrite(analysis, found, write);
  return entryOf(analysis, name, found);
}

/** What a write to relations reaches, for statements that need no entry: row locks, LOCK TABLE. */
export function noteWrite(analysis: Analysis, found: FoundRelations, write: Write): void {
  for (const ref of tableRefs(analysis, found)) analysis.effects.table(write.verb, ref, write.columns);
  for (const relation of found.relations) {
    // An UPDATE of pg_settings is a SET; everything else there is the server's own.
    if (write.verb !== 'select' && !write.locks && isSystemSchema(relation.schema)) {
      throw new Refusal(`the system relation ${relation.name} may not be written`);
    }
    noteKind(analysis, relation);
    // A row inserted goes to a partition, but never to what merely inherits.
    const only = found.only || (write.verb === 'insert' && relation.relkind !== 'p');
    for (const kin of kinOf(analysis, relation, only)) {
      noteKind(analysis, kin);
      analysis.effects.table(write.verb, analysis.tableRef(kin), write.columns);
    }
    if (relation.hasRules) analysis.call(relation.schema, relation.name);
    if (relation.relkind === 'v') writeThroughView(analysis, relation, write);
  }
  analysis.writes = true;
}

/**
 * Writing to a view, or locking its rows, reaches the relations behind it: taken as every one that the definition
 * mentions, with the columns that the view shows of it.
 */
function writeThroughView(analysis: Analysis, view: CatalogRelation, write: Write): void {
  const shape = analysis.input.analyzers.view(analysis, view);
  for (const ref of shape?.tables ?? []) analysis.effects.table(write.verb, ref);
  shape?.columns.forEach(({ sources }, i) => {
    if (write.columns && !write.columns.includes(view.columns[i]?.name ?? '')) return;
    for (const { schema, table, column } of sources.values()) {
      analysis.effects.table(write.verb, analysis.tableRef({ schema, name: table }), [column]);
    }
  });
}

function noteKind(analysis: Analysis, relation: CatalogRelation): void {
  if (bearsValues(relation)) analysis.effects.table('reveal', analysis.tableRef(relation));
  // A foreign table's rows come from a server that this gateway does not know.
  if (relation.relkind === 'f') analysis.effects.table('call', analysis.tableRef(relation));
}

function entryOf(analysis: Analysis, name: RangeVar, found: FoundRelations): RangeEntry {
  const known = found.relations.map((relation) => columnsOf(analysis, relation, found.only));
  const first = known[0] ?? [];
  const sameNames = known.every((columns) => columns.length === first.length && namesAgree(columns, first));
  const open = found.unknownTemporary !== undefined || !sameNames;
  const entry: RangeEntry = {
    alias: name.relname ?? '',
    schema: found.relations[0]?.schema,
    columns: !sameNames ? [] : known.length === 1 ? first : first.map((column, i) => united(column.name, known, i)),
    // A temporary relation's own columns hold nothing classified: masked columns are never written anywhere.
    open: open ? mix(sameNames ? [] : known.flatMap((columns) => columns.map((column) => column.value))) : undefined,
    stored: true,
  };
  return name.alias ? namedColumns(entry, name.alias) : entry;
}

function namesAgree(left: readonly NamedValue[], right: readonly NamedValue[]): boolean {
  return left.every((column, i) => column.name === right[i]?.name);
}

function united(name: string, known: readonly (readonly NamedValue[])[], index: number): NamedValue {
  return { name, value: known.map((columns) => columns[index]!.value).reduce(either) };
}

/** Whatever shares rows with a relation: what it is part of and, unless ONLY it is meant, what is part of it. */
export function kinOf(analysis: Analysis, relation: CatalogRelation, only: boolean): CatalogRelation[] {
  const kin = new Map<number, CatalogRelation>();
  const add = (each: CatalogRelation): void => void kin.set(each.oid, each);
  ancestorsOf(analysis, relation).forEach(add);
  for (const part of only ? [] : descendantsOf(analysis, relation)) {
    add(part);
    ancestorsOf(analysis, part).forEach(add);
  }
  kin.delete(relation.oid);
  return [...kin.values()];
}

/**
 * A relation's columns: each is itself, the same column of whatever shares its rows, what a view shows there, and what
 * a generated one is computed from.
 */
export function columnsOf(analysis: Analysis, relation: CatalogRelation, only = false): readonly NamedValue[] {
  const key = only ? -relation.oid : relation.oid;
  const known = analysis.relationColumns.get(key);
  if (known) return known;
  const columns = readColumns(analysis, relation, only);
  analysis.relationColumns.set(key, columns);
  return columns;
}

function readColumns(analysis: Analysis, relation: CatalogRelation, only: boolean): NamedValue[] {
  const behind = relation.definition === undefined ? undefined : analysis.input.analyzers.view(analysis, relation);
  const sharing = [relation, ...kinOf(analysis, relation, only)].map((each) => ({ each, names: columnNames(each) }));
  spend(relation.columns.length * sharing.length);
  return relation.columns.map((column, i) => {
    const sources = new Map<string, ColumnRef>();
    const add = (ref: ColumnRef): void => void sources.set(columnKey(ref), ref);
    const names = [column.name, ...(column.generatedFrom ?? []).flatMap((attnum) => nameOf(relation, attnum))];
    for (const { each, names: has } of sharing) {
      for (const name of names) if (has.has(name)) add(analysis.column(each, name));
    }
    const shown: Value | undefined = behind?.columns[i];
    if (shown) for (const ref of shown.sources.values()) add(ref);
    const direct = names.length === 1 && (shown === undefined || shown.direct || shown.sources.size === 0);
    return { name: column.name, value: { sources, direct, type: column.typeOid } };
  });
}

function columnNames(relation: CatalogRelation): ReadonlySet<string> {
  return new Set(relation.columns.map((column) => column.name));
}

function nameOf(relation: CatalogRelation, attnum: number): string[] {
  return relation.columns.filter((column) => column.attnum === attnum).map((column) => column.name);
}
