import type { Node, RangeVar } from '@pgsql/types';
import type { Analysis } from '../analysis.js';
import { columnsOf, findRelations } from '../relations.js';
import type { Scope } from '../scope.js';
import { walkTree } from '../tree.js';
import { nothing } from '../value.js';

/** Kinds at which an expression inside a definition starts. */
const roots: ReadonlySet<string> = new Set([
  'A_ArrayExpr',
  'A_Expr',
  'A_Indirection',
  'BoolExpr',
  'BooleanTest',
  'CaseExpr',
  'CoalesceExpr',
  'CollateClause',
  'ColumnRef',
  'FuncCall',
  'MinMaxExpr',
  'NullTest',
  'RowExpr',
  'SubLink',
  'TypeCast',
  'XmlExpr',
]);
const modifications: ReadonlySet<string> = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/**
 * Defaults, checks, index expressions, conditions: they run as part of the definition or ever after, so what they call
 * is an effect now, and a column they mention goes somewhere untraced. Names may refer to columns that the very
 * statement makes: an unknown one holds nothing that exists yet.
 */
export function definitionExpressions(analysis: Analysis, body: object, relation: RangeVar | undefined): void {
  const scope = definitionScope(analysis, relation);
  walkTree(body, {
    node(kind, inner) {
      const node = { [kind]: inner } as unknown as Node;
      if (kind === 'SelectStmt') {
        analysis.visited.add(inner);
        analysis.useAll(analysis.query(inner, { outer: scope }));
        return false;
      }
      if (modifications.has(kind)) {
        const rows = analysis.input.analyzers.modification(analysis, node, { outer: scope });
        if (rows) analysis.useAll(rows);
        return false;
      }
      if (!roots.has(kind)) return true;
      analysis.condition(node, scope);
      return false;
    },
    rangeVar: () => undefined,
    typeName: () => undefined,
  });
}

function definitionScope(analysis: Analysis, relation: RangeVar | undefined): Scope {
  const found = relation ? findRelations(analysis, relation) : undefined;
  const columns = (found?.relations ?? []).flatMap((item) => columnsOf(analysis, item));
  const aliases = [relation?.relname ?? '', 'old', 'new', 'excluded'];
  const entries = aliases.map((alias) => ({
    alias,
    schema: relation?.schemaname,
    columns,
    open: nothing,
    stored: true,
  }));
  return { items: [{ entries, columns, open: nothing }] };
}
