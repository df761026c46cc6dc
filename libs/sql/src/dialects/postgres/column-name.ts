import type { Node, SubLink } from '@pgsql/types';
import { Refusal } from './refusal.js';
import { as, kindOf, stringOf } from './tree.js';

/** A name with how sure the server is of it (FigureColnameInternal in parse_target.c): a cast's type loses to 2. */
interface Guess {
  readonly name: string;
  readonly strength: 1 | 2;
}

const fixedNames: Readonly<Record<string, string>> = {
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  CoalesceExpr: 'coalesce',
  GroupingFunc: 'grouping',
  MergeSupportFunc: 'merge_action',
  XmlSerialize: 'xmlserialize',
  JsonParseExpr: 'json',
  JsonScalarExpr: 'json_scalar',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
};

const operationNames: Readonly<Record<string, string>> = {
  IS_GREATEST: 'greatest',
  IS_LEAST: 'least',
  IS_XMLCONCAT: 'xmlconcat',
  IS_XMLELEMENT: 'xmlelement',
  IS_XMLFOREST: 'xmlforest',
  IS_XMLPARSE: 'xmlparse',
  IS_XMLPI: 'xmlpi',
  IS_XMLROOT: 'xmlroot',
  JSON_EXISTS_OP: 'json_exists',
  JSON_QUERY_OP: 'json_query',
  JSON_VALUE_OP: 'json_value',
  SVFOP_CURRENT_DATE: 'current_date',
  SVFOP_CURRENT_TIME: 'current_time',
  SVFOP_CURRENT_TIME_N: 'current_time',
  SVFOP_CURRENT_TIMESTAMP: 'current_timestamp',
  SVFOP_CURRENT_TIMESTAMP_N: 'current_timestamp',
  SVFOP_LOCALTIME: 'localtime',
  SVFOP_LOCALTIME_N: 'localtime',
  SVFOP_LOCALTIMESTAMP: 'localtimestamp',
  SVFOP_LOCALTIMESTAMP_N: 'localtimestamp',
  SVFOP_CURRENT_ROLE: 'current_role',
  SVFOP_CURRENT_USER: 'current_user',
  SVFOP_USER: 'user',
  SVFOP_SESSION_USER: 'session_user',
  SVFOP_CURRENT_CATALOG: 'current_catalog',
  SVFOP_CURRENT_SCHEMA: 'current_schema',
};

/** Names of the first columns of subqueries already analysed, by their SubLink. */
export type SubqueryNames = Pick<WeakMap<object, string>, 'get'>;

/**
 * The name the server gives an output column without AS. Names decide what an outer query's references mean, so this
 * must be exact.
 */
export function columnName(node: Node, subqueries: SubqueryNames): string {
  return guess(node, subqueries)?.name ?? '?column?';
}

function guess(node: Node | undefined, subqueries: SubqueryNames): Guess | undefined {
  if (!node) return undefined;
  const kind = kindOf(node);
  const fixed = fixedNames[kind];
  if (fixed) return sure(fixed);
  switch (kind) {
    case 'ColumnRef':
      return sure(lastName(as(node, kind)?.fields));
    case 'FuncCall':
      return sure(lastName(as(node, kind)?.funcname));
    case 'A_Indirection': {
      const body = as(node, kind);
      return sure(lastName(body?.indirection)) ?? guess(body?.arg, subqueries);
    }
    case 'A_Expr':
      return as(node, kind)?.kind === 'AEXPR_NULLIF' ? sure('nullif') : undefined;
    case 'TypeCast': {
      const body = as(node, kind);
      const inner = guess(body?.arg, subqueries);
      const type = lastName(body?.typeName?.names);
      return inner?.strength === 2 || type === undefined ? inner : { name: type, strength: 1 };
    }
    case 'CollateClause':
      return guess(as(node, kind)?.arg, subqueries);
    case 'CaseExpr': {
      const inner = guess(as(node, kind)?.defresult, subqueries);
      return inner?.strength === 2 ? inner : { name: 'case', strength: 1 };
    }
    case 'SubLink':
      return subLinkName(as(node, kind)!, subqueries);
    case 'MinMaxExpr':
    case 'XmlExpr':
    case 'JsonFuncExpr':
    case 'SQLValueFunction':
      return sure(operationNames[(node as Record<string, { op?: string }>)[kind]?.op ?? '']);
    default:
      return undefined;
  }
}

function subLinkName(body: SubLink, subqueries: SubqueryNames): Guess | undefined {
  switch (body.subLinkType) {
    case 'EXISTS_SUBLINK':
      return sure('exists');
    case 'ARRAY_SUBLINK':
      return sure('array');
    case 'EXPR_SUBLINK': {
      const name = subqueries.get(body);
      if (name === undefined) throw new Refusal('a subquery in the output needs a name: add AS');
      return sure(name);
    }
    default:
      return undefined;
  }
}

function sure(name: string | undefined): Guess | undefined {
  return name === undefined ? undefined : { name, strength: 2 };
}

function lastName(nodes: readonly Node[] | undefined): string | undefined {
  return (nodes ?? []).map(stringOf).findLast((name) => name !== undefined);
}
