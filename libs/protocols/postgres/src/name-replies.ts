import { WireError } from '@sallyport/wire-kit';
import { backend } from './messages.js';
import type { Reply } from './replies.js';
import { drop, pass, type Fate } from './fate.js';
import type { SessionCore } from './session-core.js';

/** Answers to Parse, Bind, Describe and Close: names exist, or are gone, from here on. */
export class NameReplies {
  constructor(private readonly core: SessionCore) {}

  settle(reply: Reply, type: number): Fate {
    const { replies } = this.core;
    switch (type) {
      case backend.parseComplete:
        this.#expect(reply, 'parse', type);
        if (reply.prepared) this.#prepared(reply);
        break;
      case backend.bindComplete:
        this.#expect(reply, 'bind', type);
        if (reply.portal) this.#bound(reply);
        break;
      case backend.closeComplete:
        this.#expect(reply, 'close', type);
        if (!reply.hidden) this.#closed(reply);
        break;
      case backend.noData:
        this.#expect(reply, 'describe', type);
        break;
      case backend.parameterDescription:
        // RowDescription or NoData follows.
        this.#expect(reply, 'describe', type);
        return pass;
      default:
        throw new WireError(`message ${String.fromCharCode(type)} out of place`);
    }
    replies.shift();
    return reply.hidden ? drop : pass;
  }

  /** The request failed, or the server skipped it. */
  failed(reply: Reply, skipped: boolean): void {
    const { statements, portals } = this.core.state;
    if (reply.hidden) return;
    if (reply.kind === 'parse') {
      // A Parse without a name drops the statement without a name before it fails.
      if (reply.name === '' && !skipped) statements.succeeded('', undefined);
      else statements.discarded(reply.name);
    } else if (reply.kind === 'bind') {
      if (reply.name === '' && !skipped) portals.succeeded('', undefined);
      else portals.discarded(reply.name);
    } else if (reply.kind === 'close') {
      (reply.target === 'statement' ? statements : portals).discarded(reply.name);
    } else if (reply.kind === 'query') {
      statements.discarded('');
      portals.discarded('');
    }
  }

  #expect(reply: Reply, kind: Reply['kind'], type: number): void {
    if (reply.kind !== kind) throw new WireError(`message ${String.fromCharCode(type)} out of place`);
  }

  #prepared(reply: Reply): void {
    const { state } = this.core;
    state.statements.succeeded(reply.name, reply.prepared);
    state.setPrepared(reply.prepared!);
  }

  #bound(reply: Reply): void {
    const { state } = this.core;
    const portal = reply.portal!;
    state.portals.succeeded(reply.name, portal);
    const statement = portal.inspection.statements[0];
    if (reply.name !== '' && statement) state.setCursor(reply.name, statement, portal.prepared.text);
  }

  #closed(reply: Reply): void {
    const { state } = this.core;
    if (reply.target === 'statement') {
      state.statements.succeeded(reply.name, undefined);
      state.prepared.delete(reply.name);
    } else {
      state.portals.succeeded(reply.name, undefined);
      state.cursors.delete(reply.name);
    }
  }
}
