import type { Action } from './action.js';
import type { Decision } from './decision.js';
import type { Principal } from './principal.js';
import type { Protocol } from './verb.js';

/** One client connection through a gateway. */
export interface SessionInfo {
  readonly id: string;
  readonly principal: Principal;
  /** Id of the key or token that proved the principal; never the secret itself. */
  readonly credentialId: string;
  readonly resource: string;
  readonly protocol: Protocol;
  readonly gateway: string;
  readonly clientAddress: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

/** How far a request goes: `prepare` reaches the target without running anything, `execute` runs it. */
export type Phase = 'prepare' | 'execute';

/** One request on its way: what the client sent, what it means, and what else binds it. */
export interface Exchange<Request> {
  /** Counts from 1 within the session. */
  readonly seq: number;
  readonly phase: Phase;
  readonly request: Request;
  readonly action: Action;
  /** Bound parameters as a reviewer reads them and as the approval binds them; null is SQL NULL. */
  readonly parameters?: readonly (string | null)[];
  /** Whatever else of the target's state decides what the text means (search path, role, relation ids): part of the binding. */
  readonly binding?: string;
  /**
   * The client may send it again over another connection: its approval is bound to the credential instead of to the
   * session and its place there.
   */
  readonly portable?: boolean;
}

/** Names the judgements of one exchange wherever they are spoken of. */
export function decisionId(sessionId: string, seq: number): string {
  return `${sessionId}.${seq}`;
}

/** What the recording and the audit keep of one judged exchange. */
export interface DecisionRecord {
  readonly seq: number;
  readonly phase: Phase;
  readonly action: Action;
  readonly parameters?: readonly (string | null)[];
  readonly decision: Decision;
  readonly approvalId?: string;
}
