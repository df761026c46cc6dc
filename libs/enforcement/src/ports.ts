import type {
  Action,
  ApprovalTerms,
  Decision,
  DecisionRecord,
  MaskMethod,
  Obligation,
  SessionInfo,
} from '@sallyport/domain';

/** The judge, bound to one session's principal and resource. Synchronous; may throw, which denies. */
export interface PolicyPort {
  judge(action: Action): Decision;
}

/**
 * One session's recording. Everything given is kept in order; `flush` returns when all of it has been handed to the
 * operating system's file, and throws when it cannot be: whoever called must then not forward. Bytes are read before
 * `request` and `response` return: their memory may be used again at once.
 */
export interface RecorderPort {
  decision(record: DecisionRecord): void;
  /** Bytes as the client sent them and the gateway accepted them, where they carry data (COPY, keystrokes). */
  request(bytes: Uint8Array): void;
  /** Bytes exactly as the client receives them, after masking. */
  response(bytes: Uint8Array): void;
  /** What happened to an exchange that ran. `completion` is the protocol's own word, e.g. `DELETE 3` or an SQLSTATE. */
  outcome(seq: number, completion: string): void;
  /** Facts of the session worth replaying: held, resolved, cancelled. */
  note(name: string, detail: Readonly<Record<string, string | number | boolean>>): void;
  flush(): void;
  /** Whether each `flush` waits for the disk: then whoever has little to say waits for the end of a turn, and says `flushSoon`. */
  readonly waitsForDisk: boolean;
  /**
   * Says that `flush` will be called at the end of this turn of the event loop (`atTurnEnd`, after this): what many sessions
   * flush then waits for the disk once. A hint; `flush` alone says that something is kept.
   */
  flushSoon(): void;
  /** True while the spool asks for a pause; `onDrain` is called once when it no longer does. */
  readonly congested: boolean;
  onDrain(listener: () => void): void;
}

export interface ApprovalRequest {
  /** Made by the gateway, a UUID; also the id that the client and the reviewer see. */
  readonly id: string;
  readonly session: SessionInfo;
  readonly seq: number;
  readonly decisionId: string;
  readonly action: Action;
  readonly parameters?: readonly (string | null)[];
  readonly terms: ApprovalTerms;
  readonly policyRevision: number;
  /** SHA-256, hex, over everything the approval binds to. */
  readonly bindingHash: string;
  /** The policies' `@reason` texts. */
  readonly reasons: readonly string[];
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
  /** It outlives the session: the client may come back for it. */
  readonly portable?: boolean;
}

/** An approval that was asked for earlier, as it stands. */
export interface KnownApproval extends Pick<ApprovalRequest, 'id' | 'bindingHash' | 'terms' | 'expiresAt'> {
  readonly state: 'pending' | 'consumed' | ApprovalResolution['state'];
  readonly comment?: string;
}

export type ApprovalResolution =
  | { readonly state: 'approved' }
  | { readonly state: 'denied'; readonly comment?: string }
  | { readonly state: 'expired' | 'abandoned' | 'void' };

export type ApprovalOutcome = 'completed' | 'failed' | 'unknown';

/** The way to the humans. Every rejection denies. */
export interface ApprovalPort {
  /**
   * A portable approval for the very same request, by its id where the client names it. One that was denied a moment ago
   * counts; other ended ones only by their id. Undefined: there is none.
   */
  find(wanted: { readonly bindingHash: string; readonly id?: string }): Promise<KnownApproval | undefined>;
  /** Resolves when the control plane holds the request durably. */
  open(request: ApprovalRequest): Promise<void>;
  /** Resolves with the one final word; rejects when `signal` aborts. */
  resolution(id: string, signal: AbortSignal): Promise<ApprovalResolution>;
  /** Claims the approval for this one execution. False: somebody or something else already ended it. */
  consume(id: string, bindingHash: string): Promise<boolean>;
  /** Fire and forget: kept and sent again until acknowledged. */
  abandon(id: string, reason: string): void;
  report(id: string, outcome: ApprovalOutcome, detail: string): void;
}

/** The obligations an adapter can carry out. A decision with any other denies. */
export interface Capabilities {
  /** What it can hide. */
  readonly maskable: ReadonlySet<Obligation['kind']>;
  readonly masks: ReadonlySet<MaskMethod>;
}

export interface EnforcementContext {
  readonly session: SessionInfo;
  readonly policy: PolicyPort;
  readonly recorder: RecorderPort;
  readonly approvals: ApprovalPort;
  readonly capabilities: Capabilities;
}
