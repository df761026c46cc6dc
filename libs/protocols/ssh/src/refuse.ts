import type { Reason } from '@sallyport/domain';
import type { ApprovalRequest, GatewayHost, Refused } from '@sallyport/enforcement';

/** What a shell answers for a command that is there and may not be run (POSIX, 2.8.2). */
export const refusedStatus = 126;
/** What ssh itself ends with when something broke. */
export const brokenStatus = 255;

/** The same words for a resource that does not exist and for one that is out of bounds: neither can be guessed by asking. */
export const noSuchResource = 'no such resource, or no permission to connect to it';

/** A refusal as somebody reads it in a terminal. It never names a policy or a value. */
export function refusalText(refused: Refused): string {
  const reason = tellingReason(refused.because);
  const why = reason?.text ? `: ${printable(reason.text)}` : '';
  return line(`blocked by access policy${why} (decision ${refused.decisionId})`);
}

export function holdText(approval: ApprovalRequest, host: Pick<GatewayHost, 'approvalUrl'>): string {
  const why = approval.reasons[0];
  return [
    line(`waiting for approval ${approval.id}${why ? `: ${printable(why)}` : ''}`),
    line(`decision ${approval.decisionId}, expires ${approval.expiresAt}`),
    line(`a reviewer runs: sallyport approvals approve ${approval.id}`),
    line(`or decides at ${host.approvalUrl(approval.id)}`),
  ].join('');
}

/** A line of the gateway itself. CR LF, since a terminal in raw mode needs both and a log shows one. */
export function line(text: string): string {
  return `sallyport: ${text}\r\n`;
}

function tellingReason(because: readonly Reason[]): Reason | undefined {
  return because.find((reason) => reason.text !== undefined) ?? because[0];
}

/** Reasons are written by people; on a terminal they must not be able to move the cursor. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?').slice(0, 500);
}
