import type { Action, ColumnRef, ResultShape } from '@sallyport/domain';
import { objectId } from '@sallyport/domain';
import { WireError } from '@sallyport/wire-kit';
import { readDiagnostic, writeDiagnostic } from './codec.js';
import { drop, pass, type Fate } from './fate.js';
import { scrubDiagnostic } from './mask.js';
import { backend, type DiagnosticFields } from './messages.js';
import { NameReplies } from './name-replies.js';
import type { Reply, Unit } from './replies.js';
import type { RequestSide } from './request-side.js';
import type { SessionCore } from './session-core.js';

/** Errors and notices: turned into refusals, kept from quoting what is masked, and followed in what they undo. */
export class DiagnosticReplies {
  readonly #names: NameReplies;

  constructor(
    private readonly core: SessionCore,
    private readonly requests: RequestSide,
  ) {
    this.#names = new NameReplies(core);
  }

  notice(message: Buffer): Fate {
    const reply = this.core.replies.first;
    if (reply?.hidden) return drop;
    if (!reply?.unit || !this.#mustScrub(reply.unit)) return pass;
    return writeDiagnostic(backend.noticeResponse, scrubDiagnostic(readDiagnostic(message)));
  }

  error(message: Buffer): Fate {
    const { replies, state } = this.core;
    const fields = readDiagnostic(message);
    const reply = replies.first;
    const severity = fields['V'] ?? fields['S'];
    if (severity === 'FATAL' || severity === 'PANIC') return this.#shown(reply?.unit, message, fields);
    if (!reply) throw new WireError('an error that answers nothing');
    state.failed();
    if (reply.hidden && reply.kind !== 'describe') return this.#internalFailed(reply, fields);
    reply.refused = true;
    if (reply.unit) this.#unitFailed(reply.unit, fields['C'] ?? '');
    const shown = reply.refusal && fields['C'] === '42601' ? reply.refusal : this.#shown(reply.unit, message, fields);
    if (reply.kind !== 'query' && reply.kind !== 'sync') this.#skipToSync();
    return shown;
  }

  /** The server discards what follows in the group (section "Extended Query"), and so does the record of it. */
  #skipToSync(): void {
    const { replies } = this.core;
    this.#names.failed(replies.shift()!, false);
    for (let next = replies.first; next && next.kind !== 'sync'; next = replies.first) {
      this.#names.failed(next, true);
      if (next.unit) {
        next.unit.completion = 'skipped';
        this.core.unitEnded(next.unit, 'failed');
      }
      replies.shift();
    }
    if (replies.length === 0) this.requests.discardUntilSync();
  }

  /** A question of the gateway's own was refused. In an open transaction that has changed the client's state behind its back. */
  #internalFailed(failed: Reply, fields: DiagnosticFields): Fate {
    const { replies, state } = this.core;
    for (const reply of replies) reply.internal?.reject(new Error(`the target refused: ${fields['C']}`));
    if (state.inBlock || state.groupOpen) this.core.fatal('57P01', 'the state of the target could not be read');
    while (replies.first && replies.first.kind !== 'sync') replies.shift();
    if (!replies.first) throw new WireError(`a failed ${failed.kind} without its end`);
    return drop;
  }

  #unitFailed(unit: Unit, sqlState: string): void {
    if (unit.statement) this.core.state.ended(unit.statement, false, unit.text);
    unit.completion = unit.completion === '' ? sqlState : `${unit.completion}; ${sqlState}`;
    this.core.unitEnded(unit, 'failed');
  }

  #shown(unit: Unit | undefined, message: Buffer, fields: DiagnosticFields): Fate {
    if (!unit || !this.#mustScrub(unit)) return pass;
    return writeDiagnostic(backend.errorResponse, scrubDiagnostic(fields));
  }

  /** A message may quote a whole row, also of columns that the statement did not read. */
  #mustScrub(unit: Unit): boolean {
    unit.scrub ??= unit.obligations.length > 0 || (unit.classified && !this.#mayReveal(unit));
    return unit.scrub;
  }

  /** Whether policy would show every classified column of the relations in play as it is. */
  #mayReveal(unit: Unit): boolean {
    const classified = this.core.view()?.classified;
    const context = unit.statements[0]?.action.context;
    if (!classified || !context) return false;
    const oids = new Set(unit.statements.flatMap((statement) => statement.relations));
    const columns = [...oids].flatMap((oid) => [...(classified.get(oid)?.values() ?? [])]);
    try {
      const decision = this.core.context.policy.judge(readingAction(columns, context));
      return decision.effect === 'permit' && decision.obligations.length === 0;
    } catch {
      return false;
    }
  }
}

/** Reading these columns, as policy sees it. Nothing is forwarded on the strength of it. */
function readingAction(columns: readonly ColumnRef[], context: Action['context']): Action {
  const shape: ResultShape = { form: 'rows', columns: columns.map((column) => ({ direct: true, sources: [column] })) };
  return {
    protocol: 'postgres',
    kind: 'SELECT',
    text: '',
    effects: columns.map(({ resource, schema, table, column }) => ({
      verb: 'select',
      object: { kind: 'Table', resource, schema, table },
      columns: [column],
    })),
    context,
    lineage: { results: [shape], usedElsewhere: [] },
    fingerprint: `diagnostics ${JSON.stringify([columns.map(objectId), context])}`,
  };
}
