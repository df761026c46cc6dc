import { principalRef } from '@sallyport/domain';
import type { CallerIdentity } from './caller.js';

/**
 * Who makes a change. A caller is judged on every object of it. A name is of this server's own work, such as `bootstrap`, or of
 * a caller whom the guard has judged wholly: the change is then only recorded as theirs.
 */
export type Actor = CallerIdentity | string;

export function actorRef(actor: Actor): string {
  return typeof actor === 'string' ? actor : principalRef(actor.principal);
}
