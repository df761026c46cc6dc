import type { Action, Decision, Principal, Protocol } from '@sallyport/domain';
import type { PolicyPort } from '@sallyport/enforcement';
import type { Evidence } from '../authentication/evidence.js';
import { prove } from '../authentication/prove.js';
import type { PolicyCache } from './policy-cache.js';
import type { Revision } from './revision.js';

/** What stays the same for a session while policy revisions, groups and roles come and go. */
export interface SessionSubject {
  readonly evidence: Evidence;
  readonly resource: string;
  readonly clientAddress: string;
  readonly protocol: Protocol;
}

const stale: Decision = {
  effect: 'deny',
  because: [{ code: 'policy-stale', text: 'the policy is too old to decide by' }],
  policyRevision: 0,
};

/**
 * Judges with the newest revision there is at the moment of asking, as whoever the evidence proves at that moment. What
 * ends by time, a grant or a login, ends here with its instant, whether or not the session has been cut yet.
 */
export class SessionPolicy implements PolicyPort {
  #revision: Revision | undefined;
  #port: PolicyPort | undefined;
  #until = -Infinity;

  constructor(
    private readonly cache: PolicyCache,
    private readonly subject: SessionSubject,
    private readonly clock: () => number = Date.now,
  ) {}

  judge(action: Action): Decision {
    const revision = this.cache.current;
    if (!revision) return stale;
    const now = this.clock();
    // Written so that a time that is no number counts as over.
    if (revision !== this.#revision || !(now < this.#until)) this.#renew(revision, now);
    return this.#port ? revision.stamped(this.#port.judge(action)) : revision.stamped(nobody);
  }

  #renew(revision: Revision, now: number): void {
    this.#port = undefined;
    this.#revision = revision;
    this.#until = -Infinity;
    const proof = prove(revision, this.subject.evidence, { now, resource: this.subject.resource });
    if (!proof.ok) return;
    this.#port = portFor(revision, this.subject, proof.principal);
    this.#until = proof.until;
  }
}

const nobody: Decision = {
  effect: 'deny',
  because: [{ code: 'no-permit', text: 'the credential is no longer valid' }],
  policyRevision: 0,
};

export function portFor(revision: Revision, subject: SessionSubject, principal: Principal): PolicyPort {
  const { evidence, resource, clientAddress, protocol } = subject;
  return revision.judge.forSession({
    principal,
    resource,
    sourceIp: clientAddress,
    protocol,
    ...(evidence.limits && { limits: evidence.limits }),
    now: () => new Date(),
  });
}
