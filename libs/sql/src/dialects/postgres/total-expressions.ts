import type { FuncCall } from '@pgsql/types';
import { mix, type Value } from './value.js';

/**
 * What may be done to a masked column on its way to an output, where its value is replaced: only what neither fails nor
 * takes a branch because of the value, nor gives a result whose size tells more than the size of the value. Everything
 * else is a use of the column. Size counts because it decides whether a row, or a string that something long is added to,
 * goes beyond what the server can hold, and the client sees that error: trim, replace, comparisons and their like would
 * tell the value bit by bit.
 */
const totalFunctions: ReadonlySet<string> = new Set([
  'char_length',
  'character_length',
  'concat',
  'concat_ws',
  'count',
  'first_value',
  'initcap',
  'last_value',
  'length',
  'lower',
  'md5',
  'octet_length',
  'reverse',
  'string_agg',
  'upper',
]);
/** The further arguments say how much, or which: they must not come from a column. */
const totalInFirstArgument: ReadonlySet<string> = new Set(['lag', 'lead', 'left', 'right']);
/** Of values out of one column alone; beside a guess they would tell which is greater. */
const totalOfOneColumn: ReadonlySet<string> = new Set(['max', 'min']);
/** Not of booleans, which are spelled out in JSON: `true` is shorter than `false`. */
const totalUnlessBoolean: ReadonlySet<string> = new Set([
  'array_agg',
  'json_agg',
  'json_build_object',
  'jsonb_agg',
  'jsonb_build_object',
  'row_to_json',
  'to_json',
  'to_jsonb',
]);
/** Functions of texts that give texts. */
const textFunctions: ReadonlySet<string> = new Set([
  'concat',
  'concat_ws',
  'initcap',
  'left',
  'lower',
  'md5',
  'reverse',
  'right',
  'string_agg',
  'upper',
]);

/** Type oids fixed by the server's catalog (src/include/catalog/pg_type.dat): bool; text, name, bpchar, varchar. */
const boolean = 16;
const text = 25;
const textOids: ReadonlySet<number> = new Set([text, 19, 1042, 1043]);
const textTypes: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name']);

/** @param values of the arguments, in order */
export function isTotalCall(name: string, call: FuncCall, values: readonly Value[]): boolean {
  if (call.agg_distinct) return false; // how many are left tells which are equal
  if (totalFunctions.has(name)) return true;
  if (totalInFirstArgument.has(name)) return values.slice(1).every(isConstant);
  if (totalOfOneColumn.has(name)) return values.every((value) => value.direct || isConstant(value));
  return totalUnlessBoolean.has(name) && values.every((value) => value.type !== boolean);
}

/** What a total call gives. */
export function resultOf(name: string, values: readonly Value[]): Value {
  const value = mix(values);
  return textFunctions.has(name) && values.every(isText) ? asText(value) : value;
}

/** Only joining texts is total: of jsonb and arrays `||` may fail, or leave something out. */
export function isTotalOperator(
  kind: string | undefined,
  names: readonly string[],
  operands: readonly Value[],
): boolean {
  if (kind !== 'AEXPR_OP' || names.at(-1) !== '||') return false;
  return (names.length === 1 || names[0] === 'pg_catalog') && operands.every(isText);
}

/** Casts that cannot fail. */
export function isTotalCast(typeNames: readonly string[], isArray: boolean, value: Value): boolean {
  const [first, second] = typeNames;
  if (isArray || typeNames.length > 2 || (typeNames.length === 2 && first !== 'pg_catalog')) return false;
  return textTypes.has((typeNames.length === 2 ? second : first) ?? '') && value.type !== boolean;
}

export function asText(value: Value): Value {
  return value.sources.size === 0 ? value : { ...value, direct: false, type: text };
}

function isText(value: Value): boolean {
  return isConstant(value) || textOids.has(value.type ?? 0);
}

function isConstant(value: Value): boolean {
  return value.sources.size === 0;
}
