import type { CallStmt, ConstraintsSetStmt, DoStmt, ListenStmt, NotifyStmt } from '@pgsql/types';
import { leaveOpaque } from '../check-tree.js';
import { unknownConstruct } from '../refusal.js';
import { namesOf } from '../tree.js';
import { candidates } from '../function-calls.js';
import type { StatementHandler } from './meaning.js';

/** DO: nobody knows what it does. */
export const doBlock: StatementHandler<DoStmt> = (analysis, body) => {
  analysis.literalSensitive = true;
  analysis.writes = true;
  analysis.effects.other('call', analysis.resource);
  leaveOpaque(analysis, body);
  return { kind: 'DO', result: null };
};

/** CALL: the procedure's code, whatever it is; its arguments go into it. */
export const callProcedure: StatementHandler<CallStmt> = (analysis, body) => {
  const call = body.funccall;
  if (!call) throw unknownConstruct('CALL');
  analysis.writes = true;
  const names = namesOf(call.funcname);
  const name = names.at(-1) ?? '';
  const schemas = new Set(candidates(analysis, names).map((candidate) => candidate.schema));
  if (schemas.size === 0) schemas.add(names.length > 1 ? names[0]! : 'pg_catalog');
  for (const schema of schemas) {
    analysis.functions.add(`${schema}.${name}`);
    analysis.call(schema, name);
  }
  analysis.conditions(call.args, { items: [] });
  return { kind: 'CALL', result: 'opaque' };
};

/** LISTEN and NOTIFY carry messages between sessions past every policy about data: taken as opaque code. */
export const listen: StatementHandler<ListenStmt | NotifyStmt> = (analysis) => {
  analysis.literalSensitive = true;
  analysis.effects.other('call', analysis.resource);
  return { kind: 'LISTEN', result: null };
};

/** SET CONSTRAINTS names constraints, not relations. */
export const setConstraints: StatementHandler<ConstraintsSetStmt> = (analysis, body) => {
  analysis.literalSensitive = true;
  leaveOpaque(analysis, body);
  return { kind: 'SET CONSTRAINTS', result: null };
};
