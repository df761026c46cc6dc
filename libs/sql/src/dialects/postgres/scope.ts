import type { ColumnRef as ColumnRefNode, Node } from '@pgsql/types';
import type { Analysis, Rows } from './analysis.js';
import { valuesNamed } from './column-index.js';
import { Refusal } from './refusal.js';
import { as, stringOf } from './tree.js';
import { mix, type NamedValue, nothing, type Value } from './value.js';
import { spend } from './work-limit.js';

/** Something in FROM that a name can stand before a dot for. */
export interface RangeEntry {
  readonly alias: string;
  /** Set where `schema.table.column` may name it: a relation without an alias. */
  readonly schema?: string;
  readonly columns: readonly NamedValue[];
  /** Set when there may be other columns: what they can hold. */
  readonly open?: Value;
  /** A stored relation: it has ctid, xmin and so on. */
  readonly stored?: boolean;
}

/** One item of FROM: what it lets bare names and stars see, and what it lets qualified names see. */
export interface FromItem {
  readonly entries: readonly RangeEntry[];
  readonly columns: readonly NamedValue[];
  readonly open?: Value;
}

/** What an expression may refer to. */
export interface Scope {
  readonly items: readonly FromItem[];
  readonly parent?: Scope;
  readonly ctes?: CteFrame;
}

/** WITH queries by name; an inner frame hides an outer one. */
export interface CteFrame {
  readonly find: (name: string) => Rows | undefined;
  readonly parent?: CteFrame;
}

export function findCte(frame: CteFrame | undefined, name: string): Rows | undefined {
  for (let at = frame; at; at = at.parent) {
    const rows = at.find(name);
    if (rows) return rows;
  }
  return undefined;
}

/** A value that is a whole row keeps the entry, so that `(u).email` can be one column of it. */
export interface Resolved {
  readonly value: Value;
  readonly entry?: RangeEntry;
  /** Set when the name is no column but may be a function of the whole row. */
  readonly rowFunction?: string;
}

/** Comparing names is that much cheaper than what is counted as a step. */
const comparisonsPerStep = 16;

const systemColumns: ReadonlySet<string> = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

export function wholeRow(entry: Pick<RangeEntry, 'columns' | 'open'>): Value {
  const values = entry.columns.map((column) => column.value);
  return mix(entry.open ? [...values, entry.open] : values);
}

/** Resolves a reference as the server does: column names first, level by level, then whole rows. Reads what it finds. */
export function resolveColumnRef(analysis: Pick<Analysis, 'read'>, ref: ColumnRefNode, scope: Scope): Resolved {
  const fields = ref.fields ?? [];
  const resolved = resolveFields(fields, scope);
  if (!resolved) throw new Refusal(`column "${fields.map(printed).join('.')}" is not known`, 'column');
  analysis.read(resolved.value);
  return resolved;
}

function printed(field: Node): string {
  return stringOf(field) ?? '*';
}

function resolveFields(fields: readonly Node[], scope: Scope): Resolved | undefined {
  const last = fields.at(-1);
  const names = fields.map(stringOf);
  if (last && as(last, 'A_Star') !== undefined) {
    const qualifier = names.slice(0, -1);
    if (qualifier.length === 0 || qualifier.includes(undefined)) throw new Refusal('a star is not allowed here');
    return rowOf(qualifier as string[], scope);
  }
  if (names.includes(undefined)) return undefined;
  const [first, ...rest] = names as string[];
  if (first === undefined) return undefined;
  if (rest.length === 0) {
    const value = bareColumn(first, scope);
    return value ? { value } : rowOf([first], scope);
  }
  const entries = entriesNamed(names.slice(0, -1) as string[], scope);
  return entries && columnOf(entries, names.at(-1)!);
}

function rowOf(qualifier: readonly string[], scope: Scope): Resolved | undefined {
  const entries = entriesNamed(qualifier, scope);
  if (!entries) return undefined;
  return { value: mix(entries.map(wholeRow)), entry: entries.length === 1 ? entries[0] : undefined };
}

/** A bare name: the innermost level that knows it wins; one that may know it adds to what lies further out. */
export function bareColumn(name: string, scope: Scope | undefined): Value | undefined {
  const doubtful: Value[] = [];
  for (let level = scope; level; level = level.parent) {
    const found = bareColumnHere(name, level);
    for (const { open } of level.items) if (open) doubtful.push(open);
    if (found) return doubtful.length === 0 ? found : mix([found, ...doubtful]);
    if (systemColumns.has(name) && level.items.some((item) => item.entries.some((entry) => entry.stored))) {
      doubtful.push(nothing);
    }
  }
  return doubtful.length === 0 ? undefined : mix(doubtful);
}

/** A bare name at this level alone. */
export function bareColumnHere(name: string, level: Scope): Value | undefined {
  spend(1 + level.items.length / comparisonsPerStep);
  const found: Value[] = [];
  for (const item of level.items) found.push(...valuesNamed(item.columns, name));
  if (found.length === 0) return undefined;
  return found.length === 1 ? found[0]! : mix(found);
}

/** The entries that a qualifier names, at the innermost level that has any. */
export function entriesNamed(qualifier: readonly string[], scope: Scope): RangeEntry[] | undefined {
  const alias = qualifier.at(-1)!;
  const schema = qualifier.length > 1 ? qualifier.at(-2) : undefined;
  if (qualifier.length > 2) throw new Refusal('references to another database are not supported');
  for (let level: Scope | undefined = scope; level; level = level.parent) {
    const found: RangeEntry[] = [];
    for (const { entries } of level.items) {
      spend((1 + entries.length) / comparisonsPerStep);
      for (const entry of entries) {
        if (entry.alias === alias && (schema === undefined || entry.schema === schema)) found.push(entry);
      }
    }
    if (found.length > 0) return found;
  }
  return undefined;
}

/**
 * A column of entries. A name that is no column of a row may be a function of the row, as the server takes it
 * (`u.to_jsonb`): the whole row flows into it, and the caller has the function to look up.
 */
export function columnOf(entries: readonly RangeEntry[], name: string): Resolved {
  const values = entries.flatMap((entry) => {
    const column = valuesNamed(entry.columns, name);
    return entry.open ? [...column, entry.open] : column;
  });
  if (values.length > 0) return { value: values.length === 1 ? values[0]! : mix(values) };
  if (systemColumns.has(name) && entries.some((entry) => entry.stored)) return { value: nothing };
  return { value: mix(entries.map(wholeRow)), rowFunction: name };
}
