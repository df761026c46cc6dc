import type {
  ClosePortalStmt,
  DeallocateStmt,
  DeclareCursorStmt,
  ExecuteStmt,
  FetchStmt,
  PrepareStmt,
} from '@pgsql/types';
import type { Analysis } from '../analysis.js';
import { leaveOpaque } from '../check-tree.js';
import type { StatementInspection } from '../inspection.js';
import { Refusal, unknownConstruct } from '../refusal.js';
import { kindOf } from '../tree.js';
import type { Meaning, StatementHandler } from './meaning.js';

/** CURSOR_OPT_HOLD in parsenodes.h. */
const cursorOptionHold = 0x20;

/** PREPARE is judged as its body: what it will run is known here, and EXECUTE is judged again. */
export const prepare: StatementHandler<PrepareStmt> = (analysis, body) => {
  const inner = part(analysis, body.query);
  analysis.sessionSensitive = true;
  return { kind: 'PREPARE', result: null, changes: [{ kind: 'prepare', name: body.name ?? '', body: inner }] };
};

/** The names in a prepared text mean what they mean when it runs, so it is read again now. */
export const execute: StatementHandler<ExecuteStmt> = (analysis, body) => {
  const { result, inner } = executed(analysis, body);
  return { kind: 'EXECUTE', policyKind: policyKindOf(inner), result, changes: inner.changes, copy: inner.copy };
};

export function executed(
  analysis: Analysis,
  body: ExecuteStmt,
): { readonly result: Meaning['result']; readonly inner: StatementInspection } {
  analysis.sessionSensitive = true;
  const known = analysis.session.prepared.get(body.name ?? '');
  if (!known) throw new Refusal(`prepared statement "${body.name ?? ''}" is not known to the gateway`);
  const inner = analysis.input.reinspect(known);
  adopt(analysis, inner);
  analysis.conditions(body.params, { items: [] });
  return { result: inner.action.lineage.results[0] ?? null, inner };
}

export const deallocate: StatementHandler<DeallocateStmt> = (analysis, body) => {
  analysis.literalSensitive = true;
  return {
    kind: 'DEALLOCATE',
    result: null,
    changes: [{ kind: 'deallocate', name: body.isall ? undefined : body.name }],
  };
};

export const declareCursor: StatementHandler<DeclareCursorStmt> = (analysis, body) => {
  const inner = part(analysis, body.query);
  analysis.sessionSensitive = true;
  const hold = ((body.options ?? 0) & cursorOptionHold) !== 0;
  const name = body.portalname ?? '';
  return { kind: 'DECLARE CURSOR', result: null, changes: [{ kind: 'declare-cursor', name, body: inner, hold }] };
};

/** FETCH and MOVE run more of the cursor's query: its effects, and for FETCH its rows. */
export const fetch: StatementHandler<FetchStmt> = (analysis, body) => {
  analysis.sessionSensitive = true;
  const known = analysis.session.cursors.get(body.portalname ?? '');
  if (!known) throw new Refusal(`cursor "${body.portalname ?? ''}" is not known to the gateway`);
  adopt(analysis, known);
  const result = body.ismove ? null : (known.action.lineage.results[0] ?? null);
  return { kind: body.ismove ? 'MOVE' : 'FETCH', policyKind: policyKindOf(known), result };
};

export const closeCursor: StatementHandler<ClosePortalStmt> = (analysis, body) => {
  analysis.literalSensitive = true;
  return { kind: 'CLOSE CURSOR', result: null, changes: [{ kind: 'close-cursor', name: body.portalname }] };
};

function part(analysis: Analysis, node: PrepareStmt['query']): StatementInspection {
  if (!node) throw unknownConstruct('PREPARE');
  const inner = analysis.input.inspectPart(analysis, node);
  leaveOpaque(analysis, (node as Record<string, object>)[kindOf(node)]!);
  adopt(analysis, inner);
  return inner;
}

/** Takes over everything that another inspection found: this statement does that. */
function adopt(analysis: Analysis, inner: StatementInspection): void {
  const { effects, lineage, context } = inner.action;
  analysis.effects.adopt(effects);
  analysis.useRefs(lineage.usedElsewhere);
  if (lineage.results.includes('opaque')) analysis.opaque = true;
  for (const oid of inner.relations) analysis.relations.add(oid);
  const facts = context['statement'] as {
    readonly functions?: readonly string[];
    readonly hasWhere?: boolean;
    readonly readOnly?: boolean;
  };
  for (const name of facts.functions ?? []) analysis.functions.add(name);
  if (facts.hasWhere !== true) analysis.everyWriteRestricted = false;
  if (facts.readOnly !== true) analysis.writes = true;
}

function policyKindOf(inner: StatementInspection): string {
  const facts = inner.action.context['statement'] as { readonly kind: string };
  return facts.kind;
}
