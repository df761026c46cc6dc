import type { Node } from '@pgsql/types';
import type { Analysis } from '../analysis.js';
import { unknownConstruct } from '../refusal.js';
import { kindOf, type NodeKind, type NodeOf } from '../tree.js';
import { callProcedure, doBlock, listen, setConstraints } from './code.js';
import { copy } from './copy.js';
import { createTableAs, createView } from './create-as.js';
import { lockTable, modification, select, truncate } from './data.js';
import { createSchema, define } from './definition.js';
import { definitions } from './definitions.js';
import { explain } from './explain.js';
import type { Meaning, StatementHandler } from './meaning.js';
import { closeCursor, deallocate, declareCursor, execute, fetch, prepare } from './prepared.js';
import { transaction } from './transaction.js';
import { discard, setVariable, showVariable } from './variables.js';

type Handlers = { readonly [K in NodeKind]?: StatementHandler<NodeOf<K>> };

const handlers: Handlers = {
  SelectStmt: select,
  TruncateStmt: truncate,
  LockStmt: lockTable,
  CopyStmt: copy,
  ExplainStmt: explain,
  PrepareStmt: prepare,
  ExecuteStmt: execute,
  DeallocateStmt: deallocate,
  DeclareCursorStmt: declareCursor,
  FetchStmt: fetch,
  ClosePortalStmt: closeCursor,
  TransactionStmt: transaction,
  VariableSetStmt: setVariable,
  VariableShowStmt: showVariable,
  DiscardStmt: discard,
  DoStmt: doBlock,
  CallStmt: callProcedure,
  ListenStmt: listen,
  NotifyStmt: (analysis, body, context) => ({ ...listen(analysis, body, context), kind: 'NOTIFY' }),
  UnlistenStmt: () => ({ kind: 'UNLISTEN', result: null }),
  ConstraintsSetStmt: setConstraints,
  CreateTableAsStmt: createTableAs,
  ViewStmt: createView,
  CreateSchemaStmt: createSchema,
};

const modifications: ReadonlySet<string> = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** Finds out what one statement means. Whatever is not listed here is never forwarded: ALTER SYSTEM, LOAD, new kinds. */
export function meaningOf(analysis: Analysis, node: Node): Meaning {
  const kind = kindOf(node);
  const body = (node as Record<string, object>)[kind]!;
  analysis.visited.add(body);
  if (modifications.has(kind)) return modification(analysis, node);
  const definition = definitions[kind];
  if (definition) return define(analysis, definition, body);
  const handler = handlers[kind] as StatementHandler<object> | undefined;
  if (!handler) throw unknownConstruct(kind.replace(/Stmt$/, ''));
  return handler(analysis, body, { inside: meaningOf });
}
