import type { SelectStmt } from '@pgsql/types';
import type { Analysis } from '../analysis.js';
import { as, namesOf } from '../tree.js';
import { type Meaning, plainShape } from './meaning.js';

/**
 * `SELECT pg_catalog.set_config('search_path', '', false)`, alone and in exactly this form: what pg_dump and careful
 * clients send first. Any other use of set_config is refused (function-calls.ts).
 */
export function searchPathCall(analysis: Analysis, statement: SelectStmt): Meaning | undefined {
  const { targetList, limitOption, op, ...rest } = statement;
  if (Object.keys(rest).length > 0 || op !== 'SETOP_NONE' || limitOption !== 'LIMIT_OPTION_DEFAULT') return undefined;
  const target = as(targetList?.[0], 'ResTarget');
  const call = as(target?.val, 'FuncCall');
  if (!call || targetList?.length !== 1 || target?.indirection) return undefined;
  const { funcname, args, funcformat: _format, location: _location, ...others } = call;
  if (Object.keys(others).length > 0 || namesOf(funcname).join('.') !== 'pg_catalog.set_config') return undefined;
  if (args?.length !== 3) return undefined;
  const [name, value, local] = args.map((argument) => as(argument, 'A_Const'));
  if (name?.sval?.sval !== 'search_path' || !value?.sval || !local?.boolval) return undefined;
  if ((value.sval.sval ?? '') !== '' || local.boolval.boolval) return undefined;
  analysis.visited.add(call);
  analysis.literalSensitive = true;
  analysis.functions.add('pg_catalog.set_config');
  return {
    kind: 'SELECT',
    result: plainShape(1),
    changes: [{ kind: 'search-path', path: [] }],
    allowedInTransaction: false,
  };
}
