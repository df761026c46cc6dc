import type { DiscardStmt, Node, VariableSetStmt, VariableShowStmt } from '@pgsql/types';
import { leaveOpaque } from '../check-tree.js';
import { Refusal, unknownConstruct } from '../refusal.js';
import { mayChange } from '../settings.js';
import { as } from '../tree.js';
import { type Meaning, plainShape, type StatementHandler } from './meaning.js';

/** SET and RESET in every spelling: an allow-list of settings, and the search path as a change the session follows. */
export const setVariable: StatementHandler<VariableSetStmt> = (analysis, body) => {
  analysis.literalSensitive = true;
  leaveOpaque(analysis, body); // constants alone: constantText refuses anything else
  const name = (body.name ?? '').toLowerCase();
  const isSet = body.kind === 'VAR_SET_VALUE';
  const kind = body.kind === 'VAR_RESET' || body.kind === 'VAR_RESET_ALL' ? 'RESET' : 'SET';
  switch (body.kind) {
    case 'VAR_RESET_ALL':
      return { kind, result: null, changes: [{ kind: 'search-path', path: undefined }], allowedInTransaction: false };
    case 'VAR_SET_MULTI':
      return transactionModes(body);
    case 'VAR_SET_VALUE':
    case 'VAR_SET_DEFAULT':
    case 'VAR_RESET':
      break;
    default: // VAR_SET_CURRENT: only inside CREATE FUNCTION
      throw unknownConstruct('SET');
  }
  const values = (body.args ?? []).map(constantText);
  if (name === 'search_path') return searchPath(body, kind, isSet ? values : undefined);
  for (const value of isSet ? values : [undefined]) {
    if (!mayChange(name, value))
      throw new Refusal(`the setting ${name} may not be changed${isSet ? ' to that value' : ''}`);
  }
  return { kind, result: null };
};

function searchPath(body: VariableSetStmt, kind: string, values: readonly string[] | undefined): Meaning {
  if (body.is_local) throw new Refusal('SET LOCAL search_path is not supported; use SET');
  // '' stands for no schema at all; "$user" is resolved by the server, so the session reads the effective path back.
  const path = values?.filter((value) => value !== '');
  if (path?.some((schema) => /^pg_(temp|toast)/.test(schema)))
    throw new Refusal('the search path may not name pg_temp');
  return { kind, result: null, changes: [{ kind: 'search-path', path }], allowedInTransaction: false };
}

/** SET TRANSACTION and SET SESSION CHARACTERISTICS. */
function transactionModes(body: VariableSetStmt): Meaning {
  if (body.name !== 'TRANSACTION' && body.name !== 'SESSION CHARACTERISTICS')
    throw unknownConstruct(`SET ${body.name ?? ''}`);
  checkModes(body.args);
  return { kind: 'SET', result: null };
}

export function checkModes(nodes: readonly Node[] | undefined): void {
  for (const node of nodes ?? []) {
    const option = as(node, 'DefElem');
    if (!option?.defname || !option.arg || !mayChange(option.defname, constantText(option.arg))) {
      throw new Refusal(`the transaction mode ${option?.defname ?? ''} is not allowed to be changed so`);
    }
  }
}

function constantText(node: Node): string {
  const cast = as(node, 'TypeCast'); // SET TIME ZONE INTERVAL '…'
  const constant = as(cast?.arg ?? node, 'A_Const');
  if (!constant) throw unknownConstruct('SET');
  if (constant.sval) return constant.sval.sval ?? '';
  if (constant.fval) return constant.fval.fval ?? '';
  if (constant.boolval) return constant.boolval.boolval ? 'on' : 'off';
  if (constant.ival) return String(constant.ival.ival ?? 0);
  throw unknownConstruct('SET');
}

export const showVariable: StatementHandler<VariableShowStmt> = (analysis, body) => {
  analysis.literalSensitive = true;
  return { kind: 'SHOW', result: plainShape(body.name === 'all' ? 3 : 1) };
};

export const discard: StatementHandler<DiscardStmt> = (analysis, body) => {
  analysis.literalSensitive = true;
  switch (body.target) {
    case 'DISCARD_ALL':
      return { kind: 'DISCARD ALL', result: null, changes: [{ kind: 'discard-all' }], allowedInTransaction: false };
    case 'DISCARD_PLANS':
    case 'DISCARD_SEQUENCES':
      return { kind: 'DISCARD', result: null };
    case 'DISCARD_TEMP':
      return { kind: 'DISCARD TEMP', result: null, changes: [{ kind: 'catalog' }] };
    default:
      throw unknownConstruct('DISCARD');
  }
};
