import type { ColumnRef, Obligation, ResultShape } from '@sallyport/domain';
import { WireError } from '@sallyport/wire-kit';
import { readRowDescription } from './codec.js';
import { drop, pass, type Fate } from './fate.js';
import { LastMessage } from './last-message.js';
import { planResultMask } from './mask.js';
import { errorMessage } from './refuse.js';
import type { Portal, Reply, Unit } from './replies.js';
import type { RequestSide } from './request-side.js';
import type { SessionCore } from './session-core.js';

type RowTreatment = NonNullable<Unit['rows']>;
interface Planned {
  readonly obligations: readonly Obligation[];
  readonly description: Buffer;
  readonly classified: unknown;
  readonly rows: RowTreatment;
}
/** One plan per shape: the inspector gives out the same shape for the same statement. */
const plans = new WeakMap<ResultShape, Planned>();

/** RowDescription and DataRow: what may be shown, and how. */
export class RowReplies {
  readonly #described = new LastMessage();

  constructor(private readonly core: SessionCore) {}

  /** @param bytes a chunk with the whole message at `start`..`end` */
  description(reply: Reply, bytes: Buffer, start: number, end: number): Fate {
    if (reply.kind === 'describe') {
      if (reply.portal) reply.portal.description = this.#described.keep(bytes, start, end);
      this.core.replies.shift();
      return reply.hidden ? drop : pass;
    }
    const { unit } = reply;
    if (reply.kind !== 'query' || !unit?.statement) throw new WireError('a row description out of place');
    unit.rows = needsPlan(unit) ? this.#plan(unit, bytes.subarray(start, end)) : 'pass';
    return unit.rows === 'swallow' ? drop : pass;
  }

  /** In the extended protocol rows come without their description: that of the portal was asked for before. */
  planFromPortal(unit: Unit, portal: Portal | undefined): void {
    if (!needsPlan(unit)) unit.rows = 'pass';
    else unit.rows = portal?.description ? this.#plan(unit, portal.description) : 'swallow';
  }

  /**
   * The result did not have the shape that was judged, so none of it was shown. The statement has ended on the target:
   * the client is told that it failed, where its view of what follows stays true, and loses the session where not.
   */
  cutShort(reply: Reply, requests: RequestSide): Fate {
    const { replies } = this.core;
    const more = reply.kind === 'query' ? reply.unit?.statement !== undefined : !endsHere(replies.first);
    if (more) {
      this.core.fatal('57P01', 'the result did not have the shape that was judged');
      return drop;
    }
    if (reply.kind === 'execute' && replies.length === 0) requests.discardUntilSync();
    return errorMessage(
      '42501',
      'blocked by access policy: the result does not have the shape that was judged',
      'The statement itself was carried out.',
    );
  }

  #plan(unit: Unit, description: Buffer): RowTreatment {
    const shape = unit.statement?.action.lineage.results[0] ?? null;
    const classified = this.core.view()?.classified;
    if (!classified) return 'swallow';
    if (shape === null || shape === 'opaque') return this.#compile(unit, shape, description, classified);
    const known = plans.get(shape);
    if (
      known &&
      known.classified === classified &&
      known.description.equals(description) &&
      sameObligations(known.obligations, unit.obligations)
    ) {
      return known.rows;
    }
    const rows = this.#compile(unit, shape, description, classified);
    const { obligations } = unit;
    plans.set(shape, { obligations, description: Buffer.from(description), classified, rows });
    return rows;
  }

  #compile(
    unit: Unit,
    shape: ResultShape | null | 'opaque',
    description: Buffer,
    classified: ReadonlyMap<number, ReadonlyMap<number, ColumnRef>>,
  ): RowTreatment {
    const { host, context } = this.core;
    const fields = readRowDescription(description);
    const resolve = (oid: number, attnum: number): ColumnRef | undefined => classified.get(oid)?.get(attnum);
    const surprise = fields.find((field) => !isJudged(unit, resolve(field.tableOid, field.attnum)));
    const plan = planResultMask({
      shape,
      obligations: unit.obligations,
      fields,
      pseudonymKey: host.pseudonymKey,
      resolve,
    });
    if (surprise === undefined && plan.ok) return plan.mask ?? 'pass';
    const reason = plan.ok ? 'a classified column that was not judged' : plan.reason;
    host.log('warn', 'a result was held back', { session: context.session.id, seq: unit.seq, reason });
    return 'swallow';
  }
}

function needsPlan(unit: Unit): boolean {
  return unit.obligations.length > 0 || unit.classified;
}

function endsHere(next: Reply | undefined): boolean {
  return next === undefined || next.kind === 'sync';
}

/** The server says that a column of the result is a classified one: the statement must have been judged for reading it. */
function isJudged(unit: Unit, column: ColumnRef | undefined): boolean {
  if (column === undefined) return true;
  return unit.statement!.action.effects.some(({ object, columns }) => {
    if (object.kind !== 'Table' || object.schema !== column.schema || object.table !== column.table) return false;
    return columns === undefined || columns.includes(column.column);
  });
}

function sameObligations(a: readonly Obligation[], b: readonly Obligation[]): boolean {
  if (a === b) return true;
  return (
    a.length === b.length &&
    a.every((one, at) => {
      const other = b[at]!;
      return (
        one.kind === 'mask' &&
        other.kind === 'mask' &&
        one.method === other.method &&
        one.column.schema === other.column.schema &&
        one.column.table === other.column.table &&
        one.column.column === other.column.column
      );
    })
  );
}
