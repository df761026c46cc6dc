import type { A_Expr, A_Indirection, ColumnRef, Node, SubLink } from '@pgsql/types';
import type { Analysis } from './analysis.js';
import { candidates, functionCall, noteCall } from './function-calls.js';
import { jsonHandlers } from './json-expressions.js';
import { Refusal, unknownConstruct } from './refusal.js';
import { columnOf, entriesNamed, type RangeEntry, resolveColumnRef, type Scope } from './scope.js';
import { as, kindOf, namesOf, type NodeKind, type NodeOf, stringOf } from './tree.js';
import { asText, isTotalCast, isTotalOperator } from './total-expressions.js';
import { mix, nothing, type Value } from './value.js';
import { spend } from './work-limit.js';

export type ExpressionHandlers = {
  readonly [K in NodeKind]?: (analysis: Analysis, body: NodeOf<K>, scope: Scope) => Value;
};

/** Where an expression's value comes from. A kind of node that is not listed here refuses the statement. */
export function expression(analysis: Analysis, node: Node, scope: Scope): Value {
  spend(1);
  const kind = kindOf(node);
  const handler = handlers[kind] as ((analysis: Analysis, body: object, scope: Scope) => Value) | undefined;
  if (!handler) throw unknownConstruct(kind);
  const body = (node as Record<string, object>)[kind]!;
  analysis.visited.add(body);
  return handler(analysis, body, scope);
}

function mixed(analysis: Analysis, nodes: readonly (Node | undefined)[] | undefined, scope: Scope): Value {
  return mix((nodes ?? []).flatMap((node) => (node ? [analysis.expression(node, scope)] : [])));
}

const constant = (): Value => nothing;

const handlers: ExpressionHandlers = {
  ...jsonHandlers,
  A_Const: constant,
  ParamRef: constant,
  SetToDefault: constant,
  SQLValueFunction: constant,
  MergeSupportFunc: constant,
  ColumnRef: columnRef,
  A_Expr: operator,
  A_Indirection: indirection,
  SubLink: subLink,
  FuncCall: functionCall,
  TypeCast: (analysis, body, scope) => {
    const value = mixed(analysis, [body.arg], scope);
    const isArray = (body.typeName?.arrayBounds?.length ?? 0) > 0;
    if (isTotalCast(namesOf(body.typeName?.names), isArray, value)) return asText(value);
    analysis.use(value);
    return mix([value]);
  },
  CollateClause: (analysis, body, scope) => mixed(analysis, [body.arg], scope),
  BoolExpr: (analysis, body, scope) => used(analysis, body.args, scope),
  NullTest: (analysis, body, scope) => mixed(analysis, [body.arg], scope),
  BooleanTest: (analysis, body, scope) => used(analysis, [body.arg], scope),
  CoalesceExpr: (analysis, body, scope) => firstOf(analysis, body.args, scope),
  MinMaxExpr: (analysis, body, scope) => used(analysis, body.args, scope),
  RowExpr: (analysis, body, scope) => mixed(analysis, body.args, scope),
  A_ArrayExpr: (analysis, body, scope) => mixed(analysis, body.elements, scope),
  List: (analysis, body, scope) => mixed(analysis, body.items, scope),
  GroupingFunc: (analysis, body, scope) => mixed(analysis, body.args, scope),
  NamedArgExpr: (analysis, body, scope) => mixed(analysis, [body.arg], scope),
  ResTarget: (analysis, body, scope) => mixed(analysis, [body.val], scope),
  MultiAssignRef: (analysis, body, scope) => mixed(analysis, [body.source], scope),
  CaseExpr: (analysis, body, scope) => {
    // Which branch is taken shows something of the condition, whatever the branch says.
    analysis.condition(body.arg, scope);
    const results: (Node | undefined)[] = [body.defresult];
    for (const node of body.args ?? []) {
      const when = as(node, 'CaseWhen');
      if (!when) throw unknownConstruct('CASE');
      analysis.condition(when.expr, scope);
      results.push(when.result);
    }
    return mixed(analysis, results, scope);
  },
  CurrentOfExpr: (analysis, body) => {
    analysis.sessionSensitive = true;
    if (!analysis.session.cursors.has(body.cursor_name ?? '')) throw new Refusal('the cursor is not known');
    return nothing;
  },
};

function columnRef(analysis: Analysis, body: ColumnRef, scope: Scope): Value {
  const { value, rowFunction } = resolveColumnRef(analysis, body, scope);
  if (rowFunction !== undefined) noteRowFunction(analysis, rowFunction, value);
  return value;
}

/** `row.name` where the row has no such column: the server looks for a function that takes the row. */
function noteRowFunction(analysis: Analysis, name: string, row: Value): void {
  if (candidates(analysis, [name]).length === 0) throw new Refusal(`column "${name}" is not known`, 'column');
  noteCall(analysis, [name], []);
  analysis.use(row);
}

/** What comes out of comparing and combining tells of every argument, whether or not it is an output. */
function used(analysis: Analysis, nodes: readonly (Node | undefined)[] | undefined, scope: Scope): Value {
  const value = mixed(analysis, nodes, scope);
  analysis.use(value);
  return value;
}

/** COALESCE stops early: every argument but the last decides whether the next is looked at. */
function firstOf(analysis: Analysis, nodes: readonly Node[] | undefined, scope: Scope): Value {
  const values = (nodes ?? []).map((node) => analysis.expression(node, scope));
  for (const value of values.slice(0, -1)) analysis.use(value);
  return mix(values);
}

function operator(analysis: Analysis, body: A_Expr, scope: Scope): Value {
  const operands = [body.lexpr, body.rexpr].flatMap((node) => (node ? [analysis.expression(node, scope)] : []));
  const value = mix(operands);
  if (isTotalOperator(body.kind, namesOf(body.name), operands)) return asText(value);
  analysis.use(value);
  return value;
}

function indirection(analysis: Analysis, body: A_Indirection, scope: Scope): Value {
  const [first, ...rest] = body.indirection ?? [];
  const field = stringOf(first);
  const entry = field === undefined ? undefined : entryOfRow(analysis, body.arg, scope);
  if (entry && field !== undefined) {
    const { value, rowFunction } = columnOf([entry], field);
    if (rowFunction !== undefined) noteRowFunction(analysis, rowFunction, value);
    analysis.read(value);
    return rest.length === 0 ? value : mix([value, subscripts(analysis, rest, scope)]);
  }
  const value = mixed(analysis, [body.arg], scope);
  for (const step of body.indirection ?? []) noteField(analysis, stringOf(step));
  // Of a document, a subscript shows whether there is such a key.
  if (body.indirection?.some((step) => as(step, 'A_Indices'))) analysis.use(value);
  return mix([value, subscripts(analysis, body.indirection, scope)]);
}

/** A field of a composite value may as well be a function of it: one of that name that is not safe is a call. */
function noteField(analysis: Analysis, name: string | undefined): void {
  if (name !== undefined && candidates(analysis, [name]).length > 0) noteCall(analysis, [name], []);
}

function subscripts(analysis: Analysis, steps: readonly Node[] | undefined, scope: Scope): Value {
  const bounds = (steps ?? []).flatMap((step) => {
    const indices = as(step, 'A_Indices');
    return indices ? [indices.lidx, indices.uidx] : [];
  });
  const value = mixed(analysis, bounds, scope);
  analysis.use(value); // which element is shown shows something of them
  return value;
}

/** The entry that `(u)` or `(s.u)` stands for when it is a whole row; undefined when it is a column or anything else. */
export function entryOfRow(analysis: Analysis, node: Node | undefined, scope: Scope): RangeEntry | undefined {
  const ref = as(node, 'ColumnRef');
  if (!ref) return undefined;
  const names = (ref.fields ?? []).map(stringOf);
  const last = ref.fields?.at(-1);
  const starred = as(last, 'A_Star') !== undefined;
  const qualifier = (starred ? names.slice(0, -1) : names).filter((name) => name !== undefined);
  if (qualifier.length === 0 || qualifier.length > 2 || !entriesNamed(qualifier, scope)) return undefined;
  const resolved = starred || qualifier.length === 1 ? resolveRow(analysis, ref, scope) : undefined;
  if (resolved) analysis.visited.add(ref);
  return resolved;
}

function resolveRow(analysis: Analysis, ref: ColumnRef, scope: Scope): RangeEntry | undefined {
  const scratch = { read: (): void => undefined } as Pick<Analysis, 'read'>;
  return resolveColumnRef(scratch, ref, scope).entry;
}

function subLink(analysis: Analysis, body: SubLink, scope: Scope): Value {
  const tested = mixed(analysis, [body.testexpr], scope);
  const statement = as(body.subselect, 'SelectStmt');
  if (!statement) throw unknownConstruct('a subquery');
  analysis.visited.add(statement);
  const rows = analysis.query(statement, { outer: scope, ctes: scope.ctes });
  if (!rows.open && rows.columns[0]) analysis.subqueryNames.set(body, rows.columns[0].name);
  const outputs = mix([...rows.columns.map((column) => column.value), ...(rows.open ? [rows.open] : [])]);
  switch (body.subLinkType) {
    case 'EXISTS_SUBLINK':
      return nothing;
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK':
    case 'ROWCOMPARE_SUBLINK': {
      const compared = mix([tested, outputs]);
      analysis.use(compared);
      return compared;
    }
    case 'EXPR_SUBLINK':
    case 'ARRAY_SUBLINK':
    case 'MULTIEXPR_SUBLINK':
      return outputs;
    default:
      throw unknownConstruct('a subquery');
  }
}
