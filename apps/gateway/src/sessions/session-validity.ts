import type { Action } from '@sallyport/domain';
import { proven } from '../authenticator.js';
import type { Revision } from '../policy/revision.js';
import { portFor, type SessionSubject } from '../policy/session-policy.js';
import type { RegisteredSession } from './session-registry.js';

/** Why a session may not go on under this revision; undefined when it may. */
export function whyEnded(
  session: Pick<RegisteredSession, 'info' | 'subject' | 'request'>,
  revision: Revision,
  connect: ConnectPermissions,
): string | undefined {
  const { info, subject, request } = session;
  if (!proven(revision, info.credentialId)) return 'the credential is no longer valid';
  const resource = revision.resource(info.resource, info.protocol);
  if (!resource) return 'the resource is gone';
  // The connection leads to where the name led when it was made; what the name means now is somewhere else.
  if (JSON.stringify(resource.upstream) !== JSON.stringify(request.resource.upstream)) return 'the resource has moved';
  return connect.denied(subject) ? 'access was withdrawn' : undefined;
}

/** Whether policy would still let somebody connect; asked once for all sessions that are alike. */
export class ConnectPermissions {
  readonly #denied = new Map<string, boolean>();

  constructor(private readonly revision: Revision) {}

  denied(subject: SessionSubject): boolean {
    const key = JSON.stringify([subject.account, subject.resource, subject.clientAddress, subject.protocol]);
    let denied = this.#denied.get(key);
    if (denied === undefined) {
      denied = this.#judge(subject);
      this.#denied.set(key, denied);
    }
    return denied;
  }

  #judge(subject: SessionSubject): boolean {
    try {
      // A hold does not end a session: somebody approved this one when it began.
      return portFor(this.revision, subject).judge(connectAction(subject)).effect === 'deny';
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
