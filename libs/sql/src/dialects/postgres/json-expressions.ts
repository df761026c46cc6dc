import type { Node } from '@pgsql/types';
import type { Analysis } from './analysis.js';
import type { Scope } from './scope.js';
import { as } from './tree.js';
import { mix, type Value } from './value.js';

/** Nodes that only hold others together inside SQL/JSON and XML expressions. */
const structural: ReadonlySet<string> = new Set([
  'JsonArgument',
  'JsonBehavior',
  'JsonFormat',
  'JsonKeyValue',
  'JsonOutput',
  'JsonReturning',
  'JsonTableColumn',
  'JsonTablePathSpec',
  'JsonValueExpr',
  'RangeTableFuncCol',
  'ResTarget',
  'SortBy',
  'WindowDef',
]);

/**
 * Every expression inside an SQL/JSON or XML construct. Such constructs fail, or give nothing, depending on the values:
 * what goes in decides something, besides flowing into the result.
 */
export function partsOf(analysis: Analysis, body: object, scope: Scope): Value {
  const values: Value[] = [];
  collect(analysis, { body, scope, values });
  const value = mix(values);
  analysis.use(value);
  return value;
}

interface Collecting {
  readonly body: object;
  readonly scope: Scope;
  readonly values: Value[];
}

function collect(analysis: Analysis, { body, scope, values }: Collecting): void {
  for (const [key, inner] of Object.entries(body)) {
    if (typeof inner !== 'object' || inner === null || key === 'typeName' || key === 'alias') continue;
    const nodes: unknown[] = Array.isArray(inner) ? inner : [inner];
    for (const node of nodes) {
      if (typeof node === 'object' && node !== null) collectNode(analysis, { body: node, scope, values });
    }
  }
}

function collectNode(analysis: Analysis, { body, scope, values }: Collecting): void {
  const kind = Object.keys(body)[0];
  const isNode = kind !== undefined && kind[0] === kind[0]!.toUpperCase();
  if (!isNode) return collect(analysis, { body, scope, values });
  const node = body as Node;
  if (structural.has(kind)) {
    return collect(analysis, { body: (node as Record<string, object>)[kind]!, scope, values });
  }
  const statement = as(node, 'SelectStmt');
  if (!statement) return void values.push(analysis.expression(node, scope));
  analysis.visited.add(statement);
  const rows = analysis.query(statement, { outer: scope, ctes: scope.ctes });
  values.push(...rows.columns.map((column) => column.value), ...(rows.open ? [rows.open] : []));
}

export const jsonHandlers = {
  JsonArrayAgg: partsOf,
  JsonArrayConstructor: partsOf,
  JsonArrayQueryConstructor: partsOf,
  JsonFuncExpr: partsOf,
  JsonIsPredicate: partsOf,
  JsonObjectAgg: partsOf,
  JsonObjectConstructor: partsOf,
  JsonParseExpr: partsOf,
  JsonScalarExpr: partsOf,
  JsonSerializeExpr: partsOf,
  JsonValueExpr: partsOf,
  XmlExpr: partsOf,
  XmlSerialize: partsOf,
} as const;
