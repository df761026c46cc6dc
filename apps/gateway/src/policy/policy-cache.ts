import { policyLease, policySnapshot, type PolicySnapshot, type Signed } from '@sallyport/gateway-contract';
import type { Logger } from '../logger.js';
import { Freshness } from './freshness.js';
import type { CompilePolicies } from './judge.js';
import { Revision } from './revision.js';
import { verifiedPayload, type PinnedKey } from './signed-text.js';

export type PolicyRefusal =
  | 'not-enrolled'
  | 'bad-signature'
  | 'malformed'
  | 'other-gateway'
  | 'from-the-future'
  | 'older-revision'
  | 'replayed'
  | 'does-not-compile';
export type PolicyOutcome = { readonly accepted: true } | { readonly accepted: false; readonly why: PolicyRefusal };

export interface PolicyCacheOptions {
  /** As the control plane knows it; undefined until enrolled. */
  readonly gateway: () => string | undefined;
  readonly pinnedKeys: () => readonly PinnedKey[];
  /** Survives restarts, so that an old revision stays refused. */
  readonly highestRevision: () => number;
  readonly sawRevision: (revision: number) => void;
  readonly compile: CompilePolicies;
  readonly log: Logger;
  readonly freshness?: Freshness;
}

/** A clock may be this far behind the control plane's. Milliseconds. */
const allowedSkew = 60_000;

/**
 * The newest signed policy revision, in memory only: it holds the targets' credentials. A revision replaces the one before
 * as a whole or not at all; one that does not compile leaves the last good one in force until its age ends it.
 */
export class PolicyCache {
  readonly freshness: Freshness;
  #current: Revision | undefined;
  #issuedAt = -Infinity;
  #failed = false;
  readonly #listeners: ((revision: Revision) => void)[] = [];

  constructor(private readonly options: PolicyCacheOptions) {
    this.freshness = options.freshness ?? new Freshness();
  }

  /** The revision to judge by; undefined when there is none, or none recent enough. */
  get current(): Revision | undefined {
    return this.freshness.fresh ? this.#current : undefined;
  }

  /** However old. */
  get last(): Revision | undefined {
    return this.#current;
  }

  /** True while the newest revision published is one that this gateway could not put in force. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Seconds since the policy in force was last confirmed; undefined before the first. */
  get ageSeconds(): number | undefined {
    if (!this.#current) return undefined;
    return this.freshness.overdueMs / 1000 + this.#current.snapshot.maxAgeSeconds;
  }

  onRevision(listener: (revision: Revision) => void): void {
    this.#listeners.push(listener);
  }

  publish(message: Signed): PolicyOutcome {
    const snapshot = this.#read(message, (value) => policySnapshot.safeParse(value).data);
    if (typeof snapshot === 'string') {
      // What cannot be believed or read may be the newest there is: whoever watches must know.
      this.#failed ||= snapshot !== 'not-enrolled';
      return this.#refuse('policy', snapshot);
    }
    const issuedAt = Date.parse(snapshot.issuedAt);
    const highest = Math.max(this.options.highestRevision(), this.#current?.snapshot.revision ?? 0);
    if (snapshot.revision < highest) return this.#refuse('policy', 'older-revision', snapshot.revision);
    if (issuedAt <= this.#issuedAt) return this.#refuse('policy', 'replayed', snapshot.revision);
    if (this.#current && sameButIssued(snapshot, this.#current.snapshot)) {
      this.#failed = false;
      this.#confirm(this.#current, issuedAt);
      return { accepted: true };
    }
    return this.#putInForce(snapshot, issuedAt);
  }

  /** Says that the revision in force is still the newest. For any other revision it says nothing. */
  lease(message: Signed): PolicyOutcome {
    const lease = this.#read(message, (value) => policyLease.safeParse(value).data);
    if (typeof lease === 'string') return this.#refuse('lease', lease);
    if (lease.revision !== this.#current?.snapshot.revision)
      return this.#refuse('lease', 'older-revision', lease.revision);
    const issuedAt = Date.parse(lease.issuedAt);
    if (issuedAt <= this.#issuedAt) return this.#refuse('lease', 'replayed', lease.revision);
    this.#confirm(this.#current, issuedAt);
    return { accepted: true };
  }

  #putInForce(snapshot: PolicySnapshot, issuedAt: number): PolicyOutcome {
    let revision: Revision;
    try {
      revision = new Revision(snapshot, this.options.compile, this.#current);
    } catch (error) {
      this.#failed = true;
      this.options.sawRevision(snapshot.revision);
      this.options.log.error(
        { revision: snapshot.revision, inForce: this.#current?.snapshot.revision, error: (error as Error).message },
        'a policy revision does not compile: the last good one stays in force until its age ends it',
      );
      return { accepted: false, why: 'does-not-compile' };
    }
    this.#failed = false;
    // Kept before it decides anything: what was seen must not be forgotten by a crash.
    this.options.sawRevision(snapshot.revision);
    const previous = this.#current;
    this.#current = revision;
    this.#confirm(revision, issuedAt);
    for (const listener of this.#listeners) listener(revision);
    if (previous?.judge !== revision.judge) previous?.judge.retire();
    this.options.log.info({ revision: snapshot.revision }, 'a policy revision is in force');
    return { accepted: true };
  }

  #confirm(revision: Revision, issuedAt: number): void {
    this.#issuedAt = issuedAt;
    this.freshness.renew(issuedAt, revision.snapshot.maxAgeSeconds * 1000);
  }

  #read<T extends { readonly gateway: string; readonly issuedAt: string }>(
    message: Signed,
    parse: (value: unknown) => T | undefined,
  ): T | PolicyRefusal {
    const gateway = this.options.gateway();
    if (gateway === undefined) return 'not-enrolled';
    const payload = verifiedPayload(message, this.options.pinnedKeys());
    if (payload === undefined) return 'bad-signature';
    let value: T | undefined;
    try {
      value = parse(JSON.parse(payload));
    } catch {
      value = undefined;
    }
    if (!value) return 'malformed';
    if (value.gateway !== gateway) return 'other-gateway';
    return Date.parse(value.issuedAt) > Date.now() + allowedSkew ? 'from-the-future' : value;
  }

  #refuse(what: 'policy' | 'lease', why: PolicyRefusal, revision?: number): PolicyOutcome {
    this.options.log.warn({ why, revision, inForce: this.#current?.snapshot.revision }, `refused a ${what}`);
    return { accepted: false, why };
  }
}

/** After a reconnect the same revision comes again: nobody needs to compile it twice. */
function sameButIssued(a: PolicySnapshot, b: PolicySnapshot): boolean {
  return a.revision === b.revision && JSON.stringify({ ...a, issuedAt: '' }) === JSON.stringify({ ...b, issuedAt: '' });
}
