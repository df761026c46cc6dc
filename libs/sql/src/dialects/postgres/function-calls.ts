import type { FuncCall, Node, WindowDef } from '@pgsql/types';
import type { Analysis } from './analysis.js';
import type { CatalogFunction } from './catalog.js';
import { Refusal, unknownConstruct } from './refusal.js';
import { findRelations, tableRefs } from './relations.js';
import { isUnsafe, safeVolatile } from './safe-functions.js';
import type { Scope } from './scope.js';
import { isSystemSchema, lookupPath } from './search-path.js';
import { as, namesOf, stringOf } from './tree.js';
import { isTotalCall, resultOf } from './total-expressions.js';
import type { Value } from './value.js';
import { parseSqlName } from './sql-name.js';

/** Everything at or above this oid was made after initdb (FirstNormalObjectId): not a built-in. */
const firstUserOid = 16384;
const builtInLanguages: ReadonlySet<string> = new Set(['internal', 'c', 'sql']);

/** A call in an expression: its arguments flow into its value, its FILTER and window decide it. */
export function functionCall(analysis: Analysis, call: FuncCall, scope: Scope): Value {
  const names = namesOf(call.funcname);
  const known = noteCall(analysis, names, call.args ?? []);
  const values = (call.args ?? []).map((argument) => analysis.expression(argument, scope));
  analysis.condition(call.agg_filter, scope);
  for (const node of call.agg_order ?? []) {
    const sorted = as(node, 'SortBy')?.node;
    if (!sorted) throw unknownConstruct('ORDER BY');
    const value = analysis.expression(sorted, scope);
    // WITHIN GROUP gives the sorted values themselves; otherwise they decide the order of the others.
    if (!call.agg_within_group) analysis.use(value);
    values.push(value);
  }
  if (call.over) windowDefinition(analysis, call.over, scope);
  const name = names.at(-1)!;
  const value = resultOf(name, values);
  if (!known || !isTotalCall(name, call, values)) analysis.use(value);
  return value;
}

export function windowDefinition(analysis: Analysis, window: WindowDef, scope: Scope): void {
  analysis.conditions(window.partitionClause, scope);
  for (const node of window.orderClause ?? []) {
    const sorted = as(node, 'SortBy')?.node;
    if (!sorted) throw unknownConstruct('ORDER BY');
    analysis.condition(sorted, scope);
  }
  analysis.condition(window.startOffset, scope);
  analysis.condition(window.endOffset, scope);
}

/** Overloads that a name may mean, with the schemas they are in. */
export function candidates(analysis: Analysis, names: readonly string[]): CatalogFunction[] {
  const name = names.at(-1);
  if (name === undefined || names.length > 3) throw unknownConstruct('a function name');
  if (names.length === 3) throw new Refusal('references to another database are not supported');
  const schemas = names.length === 2 ? [names[0]!] : lookupPath(analysis.session);
  return schemas.flatMap((schema) => analysis.catalog.functions(schema, name));
}

/**
 * Whether a call can be let through as part of the statement, or is code of its own. Returns true for the server's own
 * functions that take their arguments as they are.
 */
export function noteCall(analysis: Analysis, names: readonly string[], callArguments: readonly Node[]): boolean {
  const name = names.at(-1) ?? '';
  const found = candidates(analysis, names);
  for (const schema of new Set(found.map((candidate) => candidate.schema))) analysis.functions.add(`${schema}.${name}`);
  if (found.length === 0) {
    const schema = names.length > 1 ? names[0]! : 'pg_catalog';
    analysis.functions.add(`${schema}.${name}`);
    analysis.call(schema, name);
    return false;
  }
  if (isSystemName(found)) {
    if (name === 'set_config') throw new Refusal('set_config may change what the session means; use SET');
    if (name === 'nextval' || name === 'setval') return sequenceCall(analysis, name, callArguments);
  }
  const unsafe = found.filter((candidate) => !isSafe(candidate));
  for (const candidate of unsafe) analysis.call(candidate.schema, candidate.name);
  return unsafe.length === 0 && hasPlainKeys(name, callArguments);
}

function isSystemName(found: readonly CatalogFunction[]): boolean {
  return found.some((candidate) => candidate.schema === 'pg_catalog');
}

function isSafe(candidate: CatalogFunction): boolean {
  const { schema, name, oid, language, kind, volatility } = candidate;
  if (!isSystemSchema(schema) || oid >= firstUserOid || kind === 'p' || !builtInLanguages.has(language)) return false;
  if (isUnsafe(name)) return false;
  return volatility === 'i' || volatility === 's' || safeVolatile.has(name);
}

/** json_build_object fails on a key that is NULL, so keys must not be values; values may be anything. */
function hasPlainKeys(name: string, callArguments: readonly Node[]): boolean {
  if (name !== 'json_build_object' && name !== 'jsonb_build_object') return true;
  return callArguments.every((argument, i) => i % 2 === 1 || as(argument, 'A_Const') !== undefined);
}

/** nextval and setval write to the sequence they name; one that is not a plain literal is unknown. */
function sequenceCall(analysis: Analysis, name: string, callArguments: readonly Node[]): false {
  analysis.literalSensitive = true;
  const text = literalText(callArguments[0]);
  const parts = text === undefined ? undefined : parseSqlName(text);
  const [relname, schemaname] = parts ? [...parts].reverse() : [];
  const found = relname !== undefined && parts!.length <= 2 && findRelations(analysis, { relname, schemaname });
  const custom = candidates(analysis, [name]).some((candidate) => candidate.schema !== 'pg_catalog');
  if (!found || custom) {
    analysis.call('pg_catalog', name);
    return false;
  }
  for (const ref of tableRefs(analysis, found)) analysis.effects.table('update', ref);
  analysis.writes = true;
  return false;
}

/** The text of `'x'` or `'x'::regclass` or `'x'::text`; undefined for anything else. */
function literalText(node: Node | undefined): string | undefined {
  const cast = as(node, 'TypeCast');
  const constant = as(cast ? cast.arg : node, 'A_Const');
  return constant?.sval ? (constant.sval.sval ?? '') : undefined;
}

/** Names of the columns a call gives in FROM, when every overload agrees; undefined when they are not known. */
export function callColumns(analysis: Analysis, call: FuncCall): readonly string[] | undefined {
  const name = stringOf(call.funcname?.at(-1));
  if (name === undefined) return undefined;
  const shapes = candidates(analysis, namesOf(call.funcname)).map((candidate) => candidate.resultColumns);
  const first = shapes[0];
  if (!first || shapes.some((shape) => shape?.join('\0') !== first.join('\0'))) return undefined;
  return first;
}
