/**
 * Functions of pg_catalog that neither fail nor take a branch because of an argument's value. Whatever else a column
 * goes into could tell something about it by an error, even where its result is masked: the column counts as used.
 */
const totalFunctions: ReadonlySet<string> = new Set([
  'array_agg',
  'avg',
  'bool_and',
  'bool_or',
  'btrim',
  'char_length',
  'character_length',
  'concat',
  'concat_ws',
  'count',
  'every',
  'first_value',
  'initcap',
  'json_agg',
  'jsonb_agg',
  'lag',
  'last_value',
  'lead',
  'left',
  'length',
  'lower',
  'ltrim',
  'max',
  'md5',
  'min',
  'octet_length',
  'quote_ident',
  'quote_literal',
  'quote_nullable',
  'replace',
  'reverse',
  'right',
  'row_to_json',
  'rtrim',
  'string_agg',
  'sum',
  'to_json',
  'to_jsonb',
  'translate',
  'upper',
]);

const totalOperators: ReadonlySet<string> = new Set(['||', '=', '<>', '<', '>', '<=', '>=', '->', '->>']);
const totalKinds: ReadonlySet<string> = new Set([
  'AEXPR_OP',
  'AEXPR_DISTINCT',
  'AEXPR_NOT_DISTINCT',
  'AEXPR_NULLIF',
  'AEXPR_IN',
  'AEXPR_BETWEEN',
  'AEXPR_NOT_BETWEEN',
  'AEXPR_BETWEEN_SYM',
  'AEXPR_NOT_BETWEEN_SYM',
]);
const rangeOperators: ReadonlySet<string> = new Set([
  'BETWEEN',
  'NOT BETWEEN',
  'BETWEEN SYMMETRIC',
  'NOT BETWEEN SYMMETRIC',
]);
const textTypes: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', 'name']);

export function isTotalFunction(name: string): boolean {
  return totalFunctions.has(name);
}

export function isTotalOperator(kind: string | undefined, names: readonly string[]): boolean {
  const name = names.at(-1) ?? '';
  if (names.length > 1 && names[0] !== 'pg_catalog') return false;
  return totalKinds.has(kind ?? '') && (totalOperators.has(name) || rangeOperators.has(name));
}

/** Casts that cannot fail. */
export function isTotalCast(typeNames: readonly string[], isArray: boolean): boolean {
  const [first, second] = typeNames;
  if (isArray || typeNames.length > 2 || (typeNames.length === 2 && first !== 'pg_catalog')) return false;
  return textTypes.has((typeNames.length === 2 ? second : first) ?? '');
}
