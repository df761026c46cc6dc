import { randomBytes } from 'node:crypto';
import { frontend } from './messages.js';
import { Reply, type InternalQuery } from './replies.js';
import { bindMessage, executeMessage, flushMessage, parseMessage, syncMessage, targetMessage } from './requests.js';
import type { SessionCore } from './session-core.js';

/** Not to be guessed, so that no client can hold the name before the gateway uses it. */
const reserved = `sallyport_${randomBytes(8).toString('hex')}`;

/**
 * Asks the target something on a session's own connection, in the extended protocol: unlike a simple query that leaves an
 * open group of requests, and the implicit transaction around it, as they are. Only while nothing else is under way and
 * the transaction has not failed. Rejects when the target refuses.
 */
export function askInternally(core: SessionCore, texts: readonly string[]): Promise<(string | null)[][][]> {
  const { replies, state } = core;
  if (replies.length > 0 || state.status === 'E') return Promise.reject(new Error('the session is not at rest'));
  const requests: Buffer[] = [];
  const expect = (kind: Reply['kind'], internal?: InternalQuery): void => {
    const reply = new Reply(kind);
    reply.hidden = true;
    reply.internal = internal;
    replies.push(reply);
  };
  const answers = texts.map((text) => {
    requests.push(parseMessage(reserved, text), bindMessage(reserved, reserved), executeMessage(reserved));
    requests.push(targetMessage(frontend.close, 'P', reserved), targetMessage(frontend.close, 'S', reserved));
    expect('parse');
    expect('bind');
    return new Promise<(string | null)[][]>((resolve, reject) => {
      expect('execute', { rows: [], resolve, reject });
      expect('close');
      expect('close');
    });
  });
  if (state.groupOpen) requests.push(flushMessage);
  else {
    requests.push(syncMessage);
    expect('sync');
  }
  core.toUpstream(requests);
  return Promise.all(answers);
}
