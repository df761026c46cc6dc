import type { ApprovalOutcome, EnforcementContext, GatewayHost, Permit, ResourceBinding } from '@sallyport/enforcement';
import type { SqlInspector } from '@sallyport/sql';
import type { CatalogSource } from './catalog-source.js';
import type { CatalogView } from './classification.js';
import type { ReplyQueue, Unit } from './replies.js';
import type { SessionState } from './session-state.js';

/** What the two directions of a session share. */
export interface SessionCore {
  readonly host: GatewayHost;
  readonly binding: ResourceBinding;
  readonly context: EnforcementContext;
  readonly inspector: SqlInspector;
  readonly source: CatalogSource;
  readonly state: SessionState;
  readonly replies: ReplyQueue;
  readonly closed: boolean;

  nextSeq(): number;
  /** The number given out last. */
  readonly lastSeq: number;
  /** The catalog to judge by now; undefined when none is fresh enough. */
  view(): CatalogView | undefined;
  /** Records and writes what the client receives. @param done called once the socket has let go of the bytes */
  toClient(bytes: Buffer, done?: () => void): void;
  /** Writes to the target; a permit gives its request out only now, after its decision is on disk. */
  toUpstream(requests: readonly (Buffer | Permit<Buffer>)[]): void;
  /** Requests that waited may have gone on. */
  requestsMoved(): void;
  /** Tells the client why, and ends both sides. */
  fatal(sqlState: string, message: string): void;
  close(reason: string): void;
  /** Records what became of a request that ran. Idempotent per unit. */
  unitEnded(unit: Unit, outcome: ApprovalOutcome): void;
}
