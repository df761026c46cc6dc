import type { Action, Decision, Principal } from '@sallyport/domain';
import { verbsOf } from '@sallyport/domain';
import { prove, type ProofRefusal } from '../authentication/prove.js';
import type { Revision } from '../policy/revision.js';
import { portFor, type SessionSubject } from '../policy/session-policy.js';
import type { RegisteredSession } from './session-registry.js';

export type Standing =
  /** It may go on, and is to be looked at again by then. Milliseconds since the epoch. */
  | { readonly ends: false; readonly until: number }
  /** `reason` is for the client; `code` says more, for the log. */
  | { readonly ends: true; readonly reason: string; readonly code?: ProofRefusal };

/** Whether a session may go on under this revision at this moment: everything it was admitted with is proved anew. */
export function standingOf(
  { subject, request, approved }: Pick<RegisteredSession, 'subject' | 'request' | 'approved'>,
  connect: ConnectPermissions,
  now: number,
): Standing {
  const { revision } = connect;
  const proof = prove(revision, subject.evidence, { now, resource: subject.resource });
  if (!proof.ok) return { ends: true, reason: 'the credential is no longer valid', code: proof.reason };
  const resource = revision.resource(subject.resource, subject.protocol);
  if (!resource) return { ends: true, reason: 'the resource is gone' };
  // The connection leads to where the name led when it was made; what the name means now is somewhere else.
  if (JSON.stringify(resource.upstream) !== JSON.stringify(request.resource.upstream))
    return { ends: true, reason: 'the resource has moved' };
  const effect = connect.effect(subject, proof.principal);
  // A hold does not end a session that somebody approved when it began. One that needed no approval then, thanks to a
  // grant that has ended, say, was never approved.
  if (effect === 'deny' || (effect === 'hold' && !approved)) return { ends: true, reason: 'access was withdrawn' };
  return { ends: false, until: proof.until };
}

/** What policy would say of connecting now; asked once for all sessions that are alike. */
export class ConnectPermissions {
  readonly #effects = new Map<string, Decision['effect']>();

  constructor(readonly revision: Revision) {}

  effect(subject: SessionSubject, principal: Principal): Decision['effect'] {
    const { evidence, resource, clientAddress, protocol } = subject;
    const key = JSON.stringify([principal, evidence.limits ?? null, resource, clientAddress, protocol]);
    let effect = this.#effects.get(key);
    if (effect === undefined) {
      effect = this.#judge(subject, principal);
      this.#effects.set(key, effect);
    }
    return effect;
  }

  #judge(subject: SessionSubject, principal: Principal): Decision['effect'] {
    // Where every request shows its credential there is no connecting, only requests, and each is judged.
    if (!verbsOf[subject.protocol as keyof typeof verbsOf]?.includes('connect')) return 'permit';
    try {
      return portFor(this.revision, subject, principal).judge(connectAction(subject)).effect;
    } catch {
      return 'deny';
    }
  }
}

function connectAction({ resource, protocol }: SessionSubject): Action {
  return {
    protocol,
    kind: 'connect',
    text: `connect to ${resource}`,
    effects: [{ verb: 'connect', object: { kind: 'Resource', resource } }],
    context: {},
    lineage: { results: [], usedElsewhere: [] },
    fingerprint: `connect ${protocol} ${resource}`,
  };
}
