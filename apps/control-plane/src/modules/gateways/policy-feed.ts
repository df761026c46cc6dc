import type { Signed } from '@sallyport/gateway-contract';
import { policyLease, policySnapshot } from '@sallyport/gateway-contract';
import type { Logger } from 'pino';
import type { Signature } from '../../platform/crypto/signer.js';
import type { GatewayPush } from './push.js';
import type { SnapshotSource } from './snapshot-source.js';

export interface PolicyFeedOptions {
  readonly gateway: string;
  readonly source: SnapshotSource;
  readonly signer: { sign(bytes: Uint8Array): Signature };
  readonly push: (message: GatewayPush) => void;
  readonly log: Pick<Logger, 'error'>;
}

/** Changes that come together make one snapshot. Milliseconds. */
const coalesceMs = 50;
const retryMs = 1_000;

/**
 * Keeps one connected gateway at the newest revision: a whole signed snapshot when something changed, and a lease while
 * nothing did. When policy cannot be read nothing is sent: the gateway's last one grows old, and then denies.
 */
export class PolicyFeed {
  #sentRevision = 0;
  #building = false;
  #wanted = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(private readonly options: PolicyFeedOptions) {}

  /** Something changed, or may have. */
  refresh(delayMs = coalesceMs): void {
    this.#wanted = true;
    if (this.#building || this.#stopped) return;
    this.#timer ??= setTimeout(() => void this.#publish(), delayMs);
  }

  /** Says that the gateway has the newest revision, or gives it that. */
  async lease(): Promise<void> {
    const { gateway, source, push, log } = this.options;
    try {
      const revision = await source.currentRevision();
      if (this.#stopped) return;
      if (revision !== this.#sentRevision) return this.refresh(0);
      const lease = policyLease.parse({ revision, issuedAt: new Date().toISOString(), gateway });
      push({ type: 'policy.lease', body: this.#sign(JSON.stringify(lease)) });
    } catch (error) {
      log.error({ err: error, gateway }, 'the policy lease cannot be renewed');
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #publish(): Promise<void> {
    const { gateway, source, push, log } = this.options;
    this.#timer = undefined;
    this.#building = true;
    this.#wanted = false;
    let failed = false;
    try {
      const snapshot = policySnapshot.parse(await source.build(gateway));
      // An equal revision goes out too: what else is in it, such as who may sign tokens, may have changed.
      if (!this.#stopped && snapshot.revision >= this.#sentRevision) {
        push({ type: 'policy.published', body: this.#sign(JSON.stringify(snapshot)) });
        this.#sentRevision = snapshot.revision;
      }
    } catch (error) {
      failed = true;
      log.error({ err: error, gateway }, 'the policy cannot be published');
    } finally {
      this.#building = false;
    }
    if (failed || this.#wanted) this.refresh(failed ? retryMs : coalesceMs);
  }

  #sign(payload: string): Signed {
    return { payload, ...this.options.signer.sign(Buffer.from(payload, 'utf8')) };
  }
}
