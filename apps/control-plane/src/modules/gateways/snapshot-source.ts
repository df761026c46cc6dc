import type { PolicySnapshot } from '@sallyport/gateway-contract';

/** Where the policy of one gateway comes from: everything of one revision, never a mixture. */
export interface SnapshotSource {
  build(gateway: string): Promise<PolicySnapshot>;
  /** The newest revision now. */
  currentRevision(): Promise<number>;
}

/** Injection token. */
export const SNAPSHOT_SOURCE = Symbol('SnapshotSource');
