import { WireError } from '@sallyport/wire-kit';
import { message } from './codec.js';
import { drop, pass, type Fate } from './fate.js';
import { planCopyMask } from './mask.js';
import { backend } from './messages.js';
import type { Reply, Unit } from './replies.js';
import type { SessionCore } from './session-core.js';

/** COPY, section "COPY Operations". Only for a statement that was judged as one, in the direction that was judged. */
export class CopyReplies {
  constructor(private readonly core: SessionCore) {}

  begin(reply: Reply, type: number): Fate {
    const { unit } = reply;
    const copy = unit?.statement?.copy;
    const direction = type === backend.copyInResponse ? 'in' : 'out';
    if (!unit || copy?.direction !== direction || unit.copying) throw new WireError('COPY out of place');
    unit.copying = direction;
    if (direction === 'out') return this.#beginOut(unit);
    if (reply.kind === 'execute') {
      const { replies, state } = this.core;
      const before = replies.length;
      if (!replies.dropSyncsInsideCopy()) throw new WireError('a request in the middle of COPY data');
      if (replies.length < before) state.groupOpen = true;
    }
    return pass;
  }

  done(reply: Reply): Fate {
    const { unit } = reply;
    if (unit?.copying !== 'out') throw new WireError('the end of COPY data out of place');
    const rest = unit.copyMask ? this.#framed(unit.copyMask.end()) : [];
    unit.copying = undefined;
    unit.copyMask = undefined;
    return rest.length === 0 ? pass : [...rest, message(backend.copyDone)];
  }

  #beginOut(unit: Unit): Fate {
    if (unit.obligations.length === 0) return pass;
    const { host, core } = { host: this.core.host, core: this.core };
    const plan = planCopyMask({
      copy: unit.statement!.copy!,
      shape: unit.statement!.action.lineage.results[0] ?? null,
      obligations: unit.obligations,
      pseudonymKey: host.pseudonymKey,
      typeOf: (column) =>
        core
          .view()
          ?.catalog.relation(column.schema, column.table)
          ?.columns.find((each) => each.name === column.column)?.typeOid,
      maxRowBytes: host.limits.maxMessageBytes,
    });
    if (plan.ok) {
      unit.copyMask = plan.mask;
      return pass;
    }
    host.log('warn', 'COPY data was held back', { session: core.context.session.id, reason: plan.reason });
    core.fatal('57P01', 'the result did not have the shape that was judged');
    return drop;
  }

  #framed(payloads: readonly Buffer[]): Buffer[] {
    return payloads.map((payload) => message(backend.copyData, (body) => body.raw(payload)));
  }
}
