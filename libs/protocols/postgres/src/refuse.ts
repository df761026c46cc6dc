import type { Reason, ReasonCode } from '@sallyport/domain';
import type { ApprovalRequest, Refused } from '@sallyport/enforcement';
import { writeDiagnostic } from './codec.js';
import { backend } from './messages.js';

/** SQLSTATE by what stood in the way. Whatever is not listed is a matter of rights. */
const sqlStates: Partial<Record<ReasonCode, string>> = {
  unparsable: '42601',
  unsupported: '0A000',
  'approval-expired': '57014',
  abandoned: '57014',
};

/** Where the client sent something that the server itself would have refused, the words are the server's. */
export interface NativeError {
  readonly sqlState: string;
  /** 1-based, in characters. */
  readonly position?: number;
}

/** A refusal in the protocol's own words. It never names a policy or a value. */
export function refusalMessage(refused: Refused, native?: NativeError): Buffer {
  const reason = tellingReason(refused.because);
  const code = native?.sqlState ?? (reason && sqlStates[reason.code]) ?? '42501';
  const understood = native !== undefined || reason?.code === 'unparsable' || reason?.code === 'unsupported';
  const text = reason?.text;
  return writeDiagnostic(backend.errorResponse, {
    S: 'ERROR',
    V: 'ERROR',
    C: code,
    M: understood && text ? text : text ? `blocked by access policy: ${text}` : 'blocked by access policy',
    D: `decision ${refused.decisionId}`,
    ...(!understood && { H: 'Ask for access and give the decision id.' }),
    ...(native?.position !== undefined && { P: String(native.position) }),
  });
}

function tellingReason(because: readonly Reason[]): Reason | undefined {
  return because.find((reason) => reason.text !== undefined) ?? because[0];
}

/** Tells the client that its request waits for people, and which one it is. */
export function holdNotice(approval: ApprovalRequest): Buffer {
  const why = approval.reasons[0];
  return writeDiagnostic(backend.noticeResponse, {
    S: 'NOTICE',
    V: 'NOTICE',
    C: '00000',
    M: `waiting for approval ${approval.id}`,
    D: `${why ? `${why}; ` : ''}decision ${approval.decisionId}, expires ${approval.expiresAt}`,
    H: `A reviewer runs: sallyport approvals approve ${approval.id}`,
  });
}

/** The last word on a connection. */
export function fatalMessage(sqlState: string, message: string, fields: Readonly<Record<string, string>> = {}): Buffer {
  return writeDiagnostic(backend.errorResponse, { S: 'FATAL', V: 'FATAL', C: sqlState, M: message, ...fields });
}

/** An error that is not a refusal: the statement ran, its result cannot be shown. */
export function errorMessage(sqlState: string, message: string, detail: string): Buffer {
  return writeDiagnostic(backend.errorResponse, { S: 'ERROR', V: 'ERROR', C: sqlState, M: message, D: detail });
}
