import type { Permit, Permitted } from '@sallyport/enforcement';
import { EncodingError, readBind, readExecute, readParse, readTarget } from './codec.js';
import { HeldRequest } from './held-request.js';
import { parametersOf, type Circumstances } from './inspect.js';
import { obstacleOf, type Obstacle } from './judgement.js';
import { frontend } from './messages.js';
import { readPrepared, readingOf } from './prepared-reading.js';
import { refusalMessage } from './refuse.js';
import { Reply, type Portal, type Prepared, type ReplyKind, type Understood } from './replies.js';
import type { RequestSide } from './request-side.js';
import { refusedParse, targetMessage } from './requests.js';
import type { SessionCore } from './session-core.js';

/** FirstNormalObjectId: from here on types are the database's own, and reading a value of one may run code of its own. */
const firstUserOid = 16_384;
const userType: Obstacle = {
  reason: { code: 'unsupported', text: 'a parameter of a type of the database itself; cast it in the text instead' },
};

const several: Obstacle = {
  reason: { code: 'unsupported', text: 'cannot insert multiple commands into a prepared statement' },
  native: { sqlState: '42601' },
};

/** A name for the stand-in of a refused request that is not itself a Parse; it never comes to exist. */
const standIn = 'refused';

/**
 * Parse, Bind, Describe, Execute, Close. A text is judged when it is prepared and again, with its parameters, whenever it
 * is executed; what names mean is read again at Bind, when the server does it too.
 */
export class ExtendedRequests {
  constructor(
    private readonly core: SessionCore,
    private readonly side: RequestSide,
  ) {}

  parse(message: Buffer): boolean {
    const { judgement } = this.side;
    const { state } = this.core;
    if (!judgement.ready()) return false;
    const parsed = this.#decode(message, () => readParse(message));
    if (!parsed) return true;
    const { name, text, parameterTypes } = parsed;
    if (parameterTypes.some((oid) => oid >= firstUserOid)) return this.#refuse(message, text, userType, name);
    if (name !== '' && state.statements.lookup(name) === 'uncertain') return this.#wait();
    const inspection = judgement.inspect(text);
    if (!inspection) return false;
    if (!inspection.ok) return this.#refuse(message, text, obstacleOf(inspection), name);
    if (inspection.statements.length > 1) return this.#refuse(message, text, several, name);
    const verdict = judgement.judge('prepare', message, inspection);
    if (verdict.kind !== 'permit') {
      if (verdict.kind === 'hold') throw new Error('a request that runs nothing cannot be held');
      return this.#poison(refusalMessage(verdict), name);
    }
    const prepared: Prepared = { name, text, bySql: false, parameterTypes, inspection, epoch: state.epoch };
    const reply = this.#reply('parse', name);
    reply.prepared = prepared;
    state.statements.sent(name, prepared);
    return this.#send(verdict.permit, reply);
  }

  bind(message: Buffer): boolean {
    const { judgement } = this.side;
    const { state } = this.core;
    if (!judgement.ready()) return false;
    const bound = this.#decode(message, () => readBind(message));
    if (!bound) return true;
    const shown = this.#decode(message, () => parametersOf(bound));
    if (!shown) return true;
    const prepared = state.statements.lookup(bound.statement);
    if (prepared === 'uncertain') return this.#wait();
    if (!prepared) return this.#refuse(message, '', unknown('26000', 'prepared statement', bound.statement));
    if (prepared.epoch !== state.epoch) readPrepared(this.core, prepared);
    const { inspection } = prepared;
    if (!inspection) {
      const text = 'names in the prepared statement mean something else by now; prepare it again';
      return this.#refuse(message, prepared.text, { reason: { code: 'unsupported', text } });
    }
    const portal: Portal = {
      name: bound.portal,
      prepared,
      inspection,
      parameters: shown,
      parameterFormats: bound.parameterFormats,
      describeSent: false,
      description: undefined,
    };
    const reply = this.#reply('bind', portal.name);
    reply.portal = portal;
    state.portals.sent(portal.name, portal);
    return this.#send(message, reply);
  }

  describe(message: Buffer): boolean {
    if (!this.side.judgement.ready()) return false;
    const target = this.#decode(message, () => readTarget(message));
    if (!target) return true;
    const { kind, name } = target;
    const { state } = this.core;
    const found = kind === 'statement' ? state.statements.lookup(name) : state.portals.lookup(name);
    if (found === 'uncertain') return this.#wait();
    if (!found) return this.#refuse(message, '', unknownTarget(kind, name));
    const reply = this.#reply('describe', name);
    reply.target = kind;
    if ('describeSent' in found) {
      reply.portal = found;
      found.describeSent = true;
    }
    return this.#send(message, reply);
  }

  execute(message: Buffer): boolean {
    const { judgement } = this.side;
    if (!judgement.ready()) return false;
    const name = this.#decode(message, () => readExecute(message));
    if (name === undefined) return true;
    const portal = this.core.state.portals.lookup(name);
    if (portal === 'uncertain') return this.#wait();
    if (!portal) return this.#refuse(message, '', unknownTarget('portal', name));
    const { inspection, prepared } = portal;
    if (!judgement.settled(inspection.statements)) return false;
    const obstacle = judgement.obstacle(inspection.statements);
    if (obstacle) return this.#refuse(message, prepared.text, obstacle);
    const circumstances: Circumstances = {
      parameters: portal.parameters,
      parameterTypes: prepared.parameterTypes,
      parameterFormats: portal.parameterFormats,
    };
    const verdict = judgement.judge('execute', message, inspection, circumstances);
    const seq = this.core.lastSeq;
    if (verdict.kind === 'permit') return this.#permitted(portal, seq, verdict);
    if (verdict.kind === 'deny') return this.#poison(refusalMessage(verdict));
    const read = (): Understood | undefined => readingOf(this.core, prepared);
    const released = (outcome: Parameters<ConstructorParameters<typeof HeldRequest>[4]>[0]): void => {
      if (outcome.kind === 'permit') this.#permitted(portal, seq, outcome);
      else this.#poison(refusalMessage(outcome));
    };
    this.side.hold(new HeldRequest(this.core, this.side, verdict, read, released, circumstances));
    return true;
  }

  close(message: Buffer): boolean {
    const target = this.#decode(message, () => readTarget(message));
    if (!target) return true;
    const { kind, name } = target;
    const { state } = this.core;
    const reply = this.#reply('close', name);
    reply.target = kind;
    if (kind === 'statement') state.statements.sent(name, undefined);
    else state.portals.sent(name, undefined);
    return this.#send(message, reply);
  }

  #permitted(portal: Portal, seq: number, verdict: Permitted<Buffer>): true {
    const { inspection, prepared } = portal;
    const unit = this.side.judgement.unit(seq, prepared.text, inspection, verdict);
    // Rows cannot be masked, nor checked against the trace, without their description in the formats of this portal.
    if ((unit.obligations.length > 0 || unit.classified) && !portal.describeSent) {
      const describe = this.#reply('describe', portal.name);
      describe.hidden = true;
      describe.target = 'portal';
      describe.portal = portal;
      portal.describeSent = true;
      this.#send(targetMessage(frontend.describe, 'P', portal.name), describe);
    }
    const reply = this.#reply('execute', portal.name);
    reply.unit = unit;
    reply.portal = portal;
    this.core.state.groupExecuted = true;
    return this.#send(verdict.permit, reply);
  }

  #reply(kind: ReplyKind, name: string): Reply {
    const reply = new Reply(kind);
    reply.name = name;
    return reply;
  }

  #send(request: Buffer | Permit<Buffer>, reply: Reply): true {
    this.core.state.groupOpen = true;
    this.side.send(request, reply);
    return true;
  }

  #wait(): false {
    this.side.forReplies();
    return false;
  }

  #refuse(message: Buffer, text: string, obstacle: Obstacle, statement?: string): true {
    return this.#poison(this.side.judgement.refuse('extended query', text, message, obstacle), statement);
  }

  /** @param statement the name that a refused Parse wanted to define */
  #poison(refusal: Buffer, statement: string = standIn): true {
    const reply = this.#reply('parse', statement);
    reply.refusal = refusal;
    this.core.state.statements.sent(statement, undefined);
    return this.#send(refusedParse(statement), reply);
  }

  /** Undefined after a refusal: text that is not UTF-8 is nothing the server may see, and nothing to end a session for. */
  #decode<T>(message: Buffer, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof EncodingError)) throw error;
      const reason = { code: 'unparsable', text: error.message } as const;
      this.#refuse(message, '', { reason, native: { sqlState: error.sqlState } });
      return undefined;
    }
  }
}

function unknown(sqlState: string, what: string, name: string): Obstacle {
  const text = `${what} ${JSON.stringify(name)} does not exist`;
  return { reason: { code: 'unsupported', text }, native: { sqlState } };
}

function unknownTarget(kind: 'statement' | 'portal', name: string): Obstacle {
  return kind === 'statement' ? unknown('26000', 'prepared statement', name) : unknown('34000', 'portal', name);
}
