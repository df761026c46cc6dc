import type { ApprovalTerms, Obligation, Phase, Protocol, Reason, SessionInfo } from '@sallyport/domain';
import type { FrameKind } from './format.js';

/** One judgement as the recording keeps it. */
export interface RecordedDecision {
  readonly id: string;
  readonly seq: number;
  readonly phase: Phase;
  readonly protocol: Protocol;
  readonly kind: string;
  /** The exact text that was judged. */
  readonly text: string;
  readonly parameters?: readonly (string | null)[];
  readonly effects: readonly { readonly verb: string; readonly object: string; readonly columns?: readonly string[] }[];
  readonly effect: 'permit' | 'hold' | 'deny';
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
  readonly approval?: ApprovalTerms;
  readonly policyRevision: number;
  readonly approvalId?: string;
}

interface At {
  /** Microseconds since the Unix epoch. */
  readonly time: number;
}
export type Frame =
  | (At & { readonly kind: 'open'; readonly session: SessionInfo })
  | (At & { readonly kind: 'decision'; readonly decision: RecordedDecision })
  | (At & { readonly kind: 'request' | 'response'; readonly bytes: Buffer })
  | (At & { readonly kind: 'outcome'; readonly seq: number; readonly completion: string })
  | (At & {
      readonly kind: 'note';
      readonly name: string;
      readonly detail: Readonly<Record<string, string | number | boolean>>;
    })
  /** `interrupted`: written by a later process, because the one that recorded the session stopped without warning. */
  | (At & { readonly kind: 'close'; readonly reason: string; readonly interrupted: boolean });

/** Undefined when the payload is not what its kind promises. */
export function decodeFrame(kind: Exclude<FrameKind, 'repeat'>, time: number, payload: Buffer): Frame | undefined {
  if (kind === 'request' || kind === 'response') return { kind, time, bytes: payload };
  const body = parseObject(payload);
  if (!body) return undefined;
  switch (kind) {
    case 'open':
      return isSession(body) ? { kind, time, session: body as unknown as SessionInfo } : undefined;
    case 'decision':
      return isDecision(body) ? { kind, time, decision: body as unknown as RecordedDecision } : undefined;
    case 'outcome':
      return typeof body['seq'] === 'number' && typeof body['completion'] === 'string'
        ? { kind, time, seq: body['seq'], completion: body['completion'] }
        : undefined;
    case 'note':
      return typeof body['name'] === 'string' && isRecord(body['detail'])
        ? { kind, time, name: body['name'], detail: body['detail'] as Record<string, string> }
        : undefined;
    case 'close':
      return typeof body['reason'] === 'string' && typeof body['interrupted'] === 'boolean'
        ? { kind, time, reason: body['reason'], interrupted: body['interrupted'] }
        : undefined;
  }
}

function parseObject(payload: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSession(body: Record<string, unknown>): boolean {
  const texts = ['id', 'credentialId', 'resource', 'protocol', 'gateway', 'clientAddress', 'startedAt'];
  const principal = body['principal'];
  return (
    texts.every((name) => typeof body[name] === 'string') &&
    isRecord(principal) &&
    typeof principal['id'] === 'string' &&
    typeof principal['type'] === 'string'
  );
}

function isDecision(body: Record<string, unknown>): boolean {
  const texts = ['id', 'phase', 'protocol', 'kind', 'text', 'effect'];
  return (
    texts.every((name) => typeof body[name] === 'string') &&
    typeof body['seq'] === 'number' &&
    typeof body['policyRevision'] === 'number' &&
    ['effects', 'reasons', 'obligations'].every((name) => Array.isArray(body[name]))
  );
}
