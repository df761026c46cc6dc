import type { SelectStmt } from '@pgsql/types';
import type { Analysis, Frame, Rows } from './analysis.js';
import { unknownConstruct } from './refusal.js';
import { either, mix } from './value.js';

/** UNION, INTERSECT, EXCEPT: columns by position. A long chain leans left, so it is followed without recursion. */
export function combineArms(analysis: Analysis, statement: SelectStmt, frame: Frame): Rows {
  const chain: SelectStmt[] = [];
  let first: SelectStmt = statement;
  do {
    chain.push(first);
    if (!first.larg || !first.rarg) throw unknownConstruct('a set operation');
    first = first.larg;
  } while (isPlainOperation(first));
  let rows = analysis.query(first, frame);
  for (const operation of chain.reverse()) {
    const right = analysis.query(operation.rarg!, frame);
    // Everything but UNION ALL compares whole rows.
    if (!(operation.op === 'SETOP_UNION' && operation.all)) {
      analysis.useAll(rows);
      analysis.useAll(right);
    }
    rows = united(rows, right);
  }
  return rows;
}

/** A set operation with nothing of its own around it. */
function isPlainOperation(statement: SelectStmt): boolean {
  const { op, withClause, sortClause, limitCount, limitOffset, lockingClause } = statement;
  if (!op || op === 'SETOP_NONE') return false;
  return !withClause && !sortClause && !limitCount && !limitOffset && !lockingClause;
}

function united(left: Rows, right: Rows): Rows {
  if (left.open || right.open || left.columns.length !== right.columns.length) {
    const values = [...left.columns, ...right.columns].map((column) => column.value);
    return { columns: [], open: mix([...values, ...[left.open, right.open].filter((value) => value !== undefined)]) };
  }
  const columns = left.columns.map(({ name, value }, i) => ({ name, value: either(value, right.columns[i]!.value) }));
  return { columns };
}
