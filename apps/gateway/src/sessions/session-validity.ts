import type { Action, Principal } from '@sallyport/domain';
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
  { subject, request }: Pick<RegisteredSession, 'subject' | 'request'>,
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
  if (connect.denied(subject, proof.principal)) return { ends: true, reason: 'access was withdrawn' };
  return { ends: false, until: proof.until };
}

/** Whether policy would still let somebody connect; asked once for all sessions that are alike. */
export class ConnectPermissions {
  readonly #denied = new Map<string, boolean>();

  constructor(readonly revision: Revision) {}

  denied(subject: SessionSubject, principal: Principal): boolean {
    const { evidence, resource, clientAddress, protocol } = subject;
    const key = JSON.stringify([principal, evidence.limits ?? null, resource, clientAddress, protocol]);
    let denied = this.#denied.get(key);
    if (denied === undefined) {
      denied = this.#judge(subject, principal);
      this.#denied.set(key, denied);
    }
    return denied;
  }

  #judge(subject: SessionSubject, principal: Principal): boolean {
    try {
      // A hold does not end a session: somebody approved this one when it began.
      return portFor(this.revision, subject, principal).judge(connectAction(subject)).effect === 'deny';
    } catch {
      return true;
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
