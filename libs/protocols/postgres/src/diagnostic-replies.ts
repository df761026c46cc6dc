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
    const fields = readDiagnostic(message);
    if (!this.#mustScrub(reply?.unit, fields)) return pass;
    return writeDiagnostic(backend.noticeResponse, scrubDiagnostic(fields));
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
    if (!this.#mustScrub(unit, fields)) return pass;
    return writeDiagnostic(backend.errorResponse, scrubDiagnostic(fields));
  }

  /**
   * A message may quote a whole row, also of columns that the statement did not read; and what a trigger or a function says
   * may quote any column of the database.
   */
  #mustScrub(unit: Unit | undefined, fields: DiagnosticFields): boolean {
    if (unit) {
      unit.scrub ??= unit.obligations.length > 0 || (unit.classified && !this.#mayReveal(columnsOf(unit, this.core)));
      if (unit.scrub) return true;
    }
    if (!comesFromCode(fields)) return false;
    return !this.#mayReveal(this.core.binding.classification.map(({ column }) => column));
  }

  /** Whether policy would show these columns as they are. */
  #mayReveal(columns: readonly ColumnRef[]): boolean {
    if (columns.length === 0) return true;
    try {
      const decision = this.core.context.policy.judge(readingAction(columns));
      return decision.effect === 'permit' && decision.obligations.length === 0;
    } catch {
      return false;
    }
  }
}

/** Every classified column of the relations in play. */
function columnsOf(unit: Unit, core: SessionCore): ColumnRef[] {
  const classified = core.view()?.classified;
  // Without a catalog nobody knows, so it counts as everything that is classified.
  if (!classified) return core.binding.classification.map(({ column }) => column);
  const oids = new Set(unit.statements.flatMap((statement) => statement.relations));
  return [...oids].flatMap((oid) => [...(classified.get(oid)?.values() ?? [])]);
}

/** The server names the code that was running; for COPY it names the line, which is the client's own. */
function comesFromCode(fields: DiagnosticFields): boolean {
  return fields['W'] !== undefined && !fields['W'].split('\n').every((line) => line.startsWith('COPY '));
}

/** Facts of the request that `readingAction` stands for. */
const reading = {
  statement: { kind: 'select', hasWhere: false, tables: [], functions: [], readOnly: true, parametersKnown: true },
};

/** Reading these columns, as policy sees it. Nothing is forwarded on the strength of it. */
function readingAction(columns: readonly ColumnRef[]): Action {
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
    context: reading,
    lineage: { results: [shape], usedElsewhere: [] },
    fingerprint: `diagnostics ${JSON.stringify(columns.map(objectId))}`,
  };
}
