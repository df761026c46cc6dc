import type { ExplainStmt, Node } from '@pgsql/types';
import { unknownConstruct } from '../refusal.js';
import { as, kindOf, stringOf } from '../tree.js';
import { plainShape, type StatementHandler } from './meaning.js';

const offWords: ReadonlySet<string> = new Set(['false', 'off', '0']);

/**
 * EXPLAIN is judged as its body, run or not: a plan shows constants and row estimates. Its rows are the plan's text,
 * which holds no column's value. With ANALYZE the body really runs, so its changes are changes too, and the plan tells how
 * many rows, bytes and how much memory the values took: every column that was read shows something of itself.
 */
export const explain: StatementHandler<ExplainStmt> = (analysis, body, context) => {
  analysis.literalSensitive = true;
  if (!body.query) throw unknownConstruct('EXPLAIN');
  const node = body.query;
  analysis.visited.add((node as Record<string, object>)[kindOf(node)]!);
  const inner = context.inside(analysis, node);
  const runs = (body.options ?? []).some(isAnalyze);
  if (runs) analysis.useRefs(analysis.effects.columnsRead());
  // What cannot be traced stays untraceable: the masked columns behind it are unknown.
  const result = inner.result === 'opaque' ? 'opaque' : plainShape(1);
  return {
    kind: 'EXPLAIN',
    policyKind: runs ? (inner.policyKind ?? inner.kind.toLowerCase()) : undefined,
    result,
    changes: runs ? inner.changes : undefined,
    allowedInTransaction: inner.allowedInTransaction,
  };
};

/** Anything but a clear "off" counts as on. */
function isAnalyze(node: Node): boolean {
  const option = as(node, 'DefElem');
  if (option?.defname !== 'analyze') return false;
  const { arg } = option;
  if (!arg) return true;
  const word = stringOf(arg)?.toLowerCase();
  const number = as(arg, 'Integer');
  const truth = as(arg, 'Boolean');
  if (number) return (number.ival ?? 0) !== 0;
  if (truth) return truth.boolval ?? false;
  return word === undefined || !offWords.has(word);
}
