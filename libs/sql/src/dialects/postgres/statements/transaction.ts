import type { TransactionStmt } from '@pgsql/types';
import type { SessionChange } from '../inspection.js';
import { Refusal, unknownConstruct } from '../refusal.js';
import { checkModes } from './variables.js';
import type { StatementHandler } from './meaning.js';

interface Control {
  readonly kind: string;
  readonly change: Extract<
    SessionChange,
    { kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollback-to' }
  >;
}

const controls: Readonly<Record<string, Control>> = {
  TRANS_STMT_BEGIN: { kind: 'BEGIN', change: { kind: 'begin' } },
  TRANS_STMT_START: { kind: 'START TRANSACTION', change: { kind: 'begin' } },
  TRANS_STMT_COMMIT: { kind: 'COMMIT', change: { kind: 'commit' } },
  TRANS_STMT_ROLLBACK: { kind: 'ROLLBACK', change: { kind: 'rollback' } },
  TRANS_STMT_SAVEPOINT: { kind: 'SAVEPOINT', change: { kind: 'savepoint' } },
  TRANS_STMT_RELEASE: { kind: 'RELEASE', change: { kind: 'release' } },
  TRANS_STMT_ROLLBACK_TO: { kind: 'ROLLBACK', change: { kind: 'rollback-to' } },
};

export const transaction: StatementHandler<TransactionStmt> = (analysis, body) => {
  analysis.literalSensitive = true;
  const control = controls[body.kind ?? ''];
  if (!control) {
    if (body.kind?.includes('PREPARE')) throw new Refusal('two-phase commit is not supported');
    throw unknownConstruct('transaction control');
  }
  checkModes(body.options);
  const { kind, change } = control;
  // AND CHAIN starts the next transaction at once.
  const changes: SessionChange[] = body.chain ? [change, { kind: 'begin' }] : [change];
  return { kind, result: null, changes };
};
