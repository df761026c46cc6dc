import type { Action, Decision, Protocol } from '@sallyport/domain';
import type { PolicyPort } from '@sallyport/enforcement';
import type { PolicyCache } from './policy-cache.js';
import type { Revision } from './revision.js';

/** What stays the same for a session while policy revisions come and go. */
export interface SessionSubject {
  /** Name of the service account. */
  readonly account: string;
  readonly resource: string;
  readonly clientAddress: string;
  readonly protocol: Protocol;
}

const stale: Decision = {
  effect: 'deny',
  because: [{ code: 'policy-stale', text: 'the policy is too old to decide by' }],
  policyRevision: 0,
};

/** Judges with the newest revision there is at the moment of asking, and denies when that is too old. */
export class SessionPolicy implements PolicyPort {
  #revision: Revision | undefined;
  #port: PolicyPort | undefined;

  constructor(
    private readonly cache: PolicyCache,
    private readonly subject: SessionSubject,
  ) {}

  judge(action: Action): Decision {
    const revision = this.cache.current;
    if (!revision) return stale;
    if (revision !== this.#revision || !this.#port) {
      this.#port = portFor(revision, this.subject);
      this.#revision = revision;
    }
    return this.#port.judge(action);
  }
}

export function portFor(revision: Revision, subject: SessionSubject): PolicyPort {
  return revision.judge.forSession({
    principal: revision.serviceAccount(subject.account),
    resource: subject.resource,
    sourceIp: subject.clientAddress,
    protocol: subject.protocol,
    now: () => new Date(),
  });
}
