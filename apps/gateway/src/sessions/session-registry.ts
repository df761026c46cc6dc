import { randomUUID } from 'node:crypto';
import { SallyportError, type Protocol, type SessionInfo } from '@sallyport/domain';
import type { Authenticated, LiveSession, OpenSession } from '@sallyport/enforcement';
import type { ToGateway } from '@sallyport/gateway-contract';
import type { ApprovalWaiter } from '../approvals/approval-waiter.js';
import { credentialIds, type Evidence } from '../authentication/evidence.js';
import { prove } from '../authentication/prove.js';
import type { Logger } from '../logger.js';
import type { PolicyCache } from '../policy/policy-cache.js';
import type { Revision } from '../policy/revision.js';
import { SessionPolicy, type SessionSubject } from '../policy/session-policy.js';
import type { SessionRecorder } from '../recorder/session-recorder.js';
import type { Spool } from '../recorder/spool.js';
import { EndQueue } from './end-queue.js';
import { isMeant, Revocations } from './revocations.js';
import { ConnectPermissions, standingOf } from './session-validity.js';
import type { SessionReporter } from './session-reporter.js';

/** A session and what it was admitted with. */
export interface RegisteredSession {
  readonly info: SessionInfo;
  readonly subject: SessionSubject;
  readonly request: OpenSession;
  readonly recorder: SessionRecorder;
  readonly close: (reason: string) => void;
  /** Somebody has to approve the connection before it is made. */
  readonly approved: boolean;
  /** When something that it was admitted with ends, if nothing happens before. Milliseconds since the epoch. */
  until: number;
  /** That it was told to end, and when; monotonic. */
  ending: { readonly since: number; readonly reason: string } | undefined;
}

export interface RegistryOptions {
  readonly gateway: () => string;
  readonly policies: PolicyCache;
  /** What an authentication rests on. */
  readonly evidenceOf: (authenticated: Authenticated) => Evidence | undefined;
  readonly spool: Spool;
  readonly reporter: SessionReporter;
  readonly approvals: ApprovalWaiter;
  readonly log: Logger;
  /** How long sessions outlive the policy's age. Milliseconds. */
  readonly staleGraceMs: number;
}

/** A session that was told to end and did not: its recording ends, and without one nothing is forwarded. Milliseconds. */
const endWithinMs = 3000;
const tickMs = 1000;

/** Every live session: admits them, and ends them when what they were admitted with no longer holds. */
export class SessionRegistry {
  readonly #counts = new Map<Protocol, number>();
  readonly #sessions = new Map<string, RegisteredSession>();
  readonly #revoked = new Revocations();
  readonly #ends = new EndQueue();
  readonly #tick: NodeJS.Timeout;
  #draining = false;

  constructor(private readonly options: RegistryOptions) {
    options.policies.onRevision((revision) => {
      this.#revoked.revised(revision.snapshot.revision);
      this.#revalidate(revision);
    });
    this.#tick = setInterval(() => this.#watch(), tickMs);
    this.#tick.unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Sessions of these protocols. */
  count(protocols: ReadonlySet<Protocol>): number {
    let count = 0;
    for (const protocol of protocols) count += this.#counts.get(protocol) ?? 0;
    return count;
  }

  get ids(): string[] {
    return [...this.#sessions.keys()];
  }

  /** Of a session that lives. */
  recorderOf(sessionId: string): SessionRecorder | undefined {
    return this.#sessions.get(sessionId)?.recorder;
  }

  /** @throws SallyportError when a session may not start. */
  open(request: OpenSession): LiveSession {
    const { policies, spool, reporter, approvals } = this.options;
    const revision = policies.current;
    if (this.#draining) throw refusal('draining', 'the gateway is shutting down');
    if (!revision) throw refusal('policy-stale', 'the policy is too old to decide by');
    const { name, protocol } = request.resource;
    const evidence = this.options.evidenceOf(request.authenticated);
    // Between authentication and here a revision may have come: only what holds now counts.
    const proof = evidence && prove(revision, evidence, { now: Date.now(), resource: name });
    if (!evidence || !proof?.ok || this.#revoked.has(proof.principal, credentialIds(evidence))) {
      throw refusal('not-authenticated', 'the credential is not valid');
    }
    if (!revision.resource(name, protocol)) throw refusal('unknown-resource', 'there is no such resource');
    const info: SessionInfo = {
      id: randomUUID(),
      principal: proof.principal,
      credentialId: evidence.credentialId,
      resource: name,
      protocol,
      gateway: this.options.gateway(),
      clientAddress: plainAddress(request.clientAddress),
      startedAt: new Date().toISOString(),
    };
    const subject = { evidence, resource: name, clientAddress: info.clientAddress, protocol };
    const recorder = spool.record(info);
    const close = (reason: string): void => this.#close(info.id, reason);
    const { until } = proof;
    const approved = new ConnectPermissions(revision).effect(subject, proof.principal) === 'hold';
    this.#sessions.set(info.id, { info, subject, request, recorder, close, approved, until, ending: undefined });
    this.#counts.set(protocol, (this.#counts.get(protocol) ?? 0) + 1);
    reporter.opened(info);
    return { info, policy: new SessionPolicy(policies, subject), recorder, approvals, close };
  }

  /** Ends one session; the reason is for the client. */
  terminate(sessionId: string, reason: string, code?: string): void {
    const session = this.#sessions.get(sessionId);
    if (!session || session.ending) return;
    session.ending = { since: performance.now(), reason };
    this.options.log.info({ sessionId, reason, ...(code !== undefined && { code }) }, 'ending a session');
    this.#ends.cut(() => {
      try {
        if (this.#sessions.has(sessionId)) session.request.terminate(reason);
      } catch (error) {
        this.options.log.error({ sessionId, error: (error as Error).message }, 'a session did not end by itself');
        session.close(reason);
      }
    });
  }

  /** A principal's every session, or those of one credential of it: also where it is behind an agent, or is the agent. */
  revoke(revocation: ToGateway['identity.revoked']): void {
    this.#revoked.add(revocation);
    for (const { info, subject } of this.#sessions.values()) {
      if (isMeant(revocation, info.principal, credentialIds(subject.evidence)))
        this.terminate(info.id, 'access was revoked');
    }
  }

  /** Admits nobody from now on, lets exchanges in flight finish, then ends every session. Resolves when none is left. */
  async drain(finishWithinMs: number): Promise<void> {
    this.#draining = true;
    clearInterval(this.#tick);
    const deadline = performance.now() + finishWithinMs;
    while (this.#sessions.size > 0 && performance.now() < deadline) {
      for (const { info, recorder } of this.#sessions.values()) {
        if (!recorder.busy) this.terminate(info.id, 'the gateway is shutting down');
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const id of this.ids) this.terminate(id, 'the gateway is shutting down');
    const end = performance.now() + endWithinMs;
    while (this.#sessions.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const session of [...this.#sessions.values()]) session.close('the gateway is shutting down');
    while (this.#ends.size > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #close(sessionId: string, noticed: string): void {
    const session = this.#sessions.get(sessionId);
    if (!session) return;
    // Why it was told to end is the reason; that the client is gone then is only how the adapter noticed.
    const reason = session.ending?.reason ?? noticed;
    this.#sessions.delete(sessionId);
    const { protocol } = session.info;
    this.#counts.set(protocol, this.#counts.get(protocol)! - 1);
    this.options.approvals.sessionEnded(sessionId);
    const endedAt = new Date().toISOString();
    const finish = (): void => {
      session.recorder.close(reason);
      this.options.reporter.closed(sessionId, endedAt, reason);
    };
    // Whoever was told to end may be one of thousands: the others are not to wait for this one's files.
    if (session.ending) this.#ends.afterwards(finish);
    else finish();
  }

  #revalidate(revision: Revision): void {
    const connect = new ConnectPermissions(revision);
    const now = Date.now();
    for (const session of this.#sessions.values()) this.#review(session, connect, now);
  }

  #review(session: RegisteredSession, connect: ConnectPermissions, now: number): void {
    const { id } = session.info;
    try {
      const standing = standingOf(session, connect, now);
      if (!standing.ends) session.until = standing.until;
      else this.terminate(id, standing.reason, standing.code);
    } catch (error) {
      this.options.log.error({ sessionId: id, error: (error as Error).message }, 'a session could not be looked at');
      this.terminate(id, 'the credential is no longer valid');
    }
  }

  #watch(): void {
    const { policies, staleGraceMs, log } = this.options;
    const now = performance.now();
    const stale = this.#sessions.size > 0 && policies.freshness.overdueMs > staleGraceMs;
    const wall = Date.now();
    const connect = policies.last && new ConnectPermissions(policies.last);
    for (const session of [...this.#sessions.values()]) {
      const { id } = session.info;
      if (session.ending) {
        if (now - session.ending.since < endWithinMs) continue;
        log.error({ sessionId: id }, 'a session did not end in time: its recording ends now');
        session.close(session.ending.reason);
      } else if (stale) this.terminate(id, 'the policy is too old to decide by');
      else if (connect && !(wall < session.until)) this.#review(session, connect, wall);
    }
  }
}

function refusal(code: string, message: string): SallyportError {
  return new SallyportError(code, message, { source: 'gateway', retryable: code !== 'unknown-resource' });
}

/** An IPv4 client of a dual-stack listener has an IPv4 address, not `::ffff:192.0.2.1`: policies compare addresses. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}
