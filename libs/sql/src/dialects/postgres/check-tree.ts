import type { Node, TypeName } from '@pgsql/types';
import type { Analysis } from './analysis.js';
import { noteOperator } from './operators.js';
import { Refusal } from './refusal.js';
import { namesOf, walkTree } from './tree.js';
import { lookupPath } from './search-path.js';

/** Nodes that can read, write, run or name data: the analysis must have accounted for each one. */
const significant: ReadonlySet<string> = new Set([
  'A_Expr',
  'A_Indirection',
  'ColumnRef',
  'CommonTableExpr',
  'CurrentOfExpr',
  'DeleteStmt',
  'FuncCall',
  'InsertStmt',
  'JoinExpr',
  'JsonTable',
  'MergeStmt',
  'RangeFunction',
  'RangeSubselect',
  'RangeTableFunc',
  'RangeVar',
  'SelectStmt',
  'SubLink',
  'TypeCast',
  'UpdateStmt',
]);

const builtInSchema = 'pg_catalog';

/**
 * Goes over the whole tree after the analysis: every significant node must have been visited, so that a place which
 * the analysis does not know of refuses the statement; operators and types are looked up; parameters are counted.
 */
export function checkTree(analysis: Analysis, tree: unknown): void {
  walkTree(tree, {
    node(kind, body) {
      if (analysis.visited.has(body) && opaqueParts.has(body)) return false;
      if (significant.has(kind) && !analysis.visited.has(body)) {
        throw new Refusal(`a part of the statement is not understood (${kind})`);
      }
      noteNode(analysis, kind, body);
      return true;
    },
    rangeVar(body) {
      if (!analysis.visited.has(body)) throw new Refusal('a part of the statement is not understood (RangeVar)');
    },
    typeName: (body) => noteType(analysis, body),
  });
}

/** Parts that nobody looks into because an effect already says that their code is unknown: a function's body. */
const opaqueParts = new WeakSet<object>();

export function leaveOpaque(analysis: Analysis, part: object): void {
  analysis.visited.add(part);
  opaqueParts.add(part);
}

function noteNode(analysis: Analysis, kind: string, body: object): void {
  if (kind === 'ParamRef') {
    const { number } = body as { readonly number?: number };
    analysis.parameters = Math.max(analysis.parameters, number ?? 0);
  } else if (kind === 'A_Expr') {
    noteExpressionOperator(analysis, body as { readonly kind?: string; readonly name?: Node[] });
  } else if (kind === 'SubLink') {
    const { subLinkType, operName } = body as { readonly subLinkType?: string; readonly operName?: Node[] };
    if (subLinkType === 'ANY_SUBLINK' || subLinkType === 'ALL_SUBLINK') {
      noteOperator(analysis, operName ? namesOf(operName) : ['=']);
    }
  } else if (kind === 'SortBy') {
    const { useOp } = body as { readonly useOp?: Node[] };
    if (useOp) noteOperator(analysis, namesOf(useOp));
  } else if ('usingClause' in body || 'isNatural' in body || (kind === 'CaseExpr' && 'arg' in body)) {
    noteOperator(analysis, ['=']);
  }
}

function noteExpressionOperator(analysis: Analysis, body: { readonly kind?: string; readonly name?: Node[] }): void {
  const { kind = '', name } = body;
  if (kind.includes('BETWEEN')) {
    noteOperator(analysis, ['>=']);
    noteOperator(analysis, ['<=']);
  } else {
    noteOperator(analysis, namesOf(name));
  }
}

/** A type of somebody's making may run code when a value is read as it. */
function noteType(analysis: Analysis, type: TypeName): void {
  const names = namesOf(type.names);
  const name = names.at(-1);
  if (name === undefined) return;
  const { catalog, session } = analysis;
  // Unlike functions, types are looked for among the temporary ones first.
  const schemas = names.length > 1 ? [names.at(-2)!] : ['pg_temp', ...lookupPath(session)];
  for (const schema of schemas) {
    if (schema !== builtInSchema && catalog.isOpaqueType(schema, name)) analysis.call(schema, name);
  }
  if (catalog.hasCustomOperator(`::${name}`)) analysis.call(schemas.at(-1) ?? builtInSchema, name);
}
