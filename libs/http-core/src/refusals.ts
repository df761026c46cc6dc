import type { Reason } from '@sallyport/domain';
import type { Refused as RefusedByPolicy } from '@sallyport/enforcement';
import type { WireFault } from '@sallyport/http-wire';
import type { Refusal } from './protocol.js';

/** The same words for a resource that does not exist and what no policy permits: names cannot be guessed by asking. */
const noPermit = {
  code: 'no-permit',
  text: 'no policy permits this, or there is no such resource',
} as const;

/** @param decisionId for whoever asks about it: in the gateway's log, as no session is there to hold a decision */
export function noSuchResource(decisionId: string): Refusal {
  return { ...noPermit, status: 403, decisionId };
}
export const unauthenticated: Refusal = {
  status: 401,
  code: 'unauthenticated',
  text: 'authentication failed: show a token of Sallyport or of an issuer that it trusts',
};
export const unavailable: Refusal = {
  status: 503,
  code: 'unavailable',
  text: 'a session cannot be started now',
  retryAfterSeconds: 5,
};

export function deniedBy({ because, decisionId }: RefusedByPolicy, status = 403): Refusal {
  return { ...reasonOf(because), status, decisionId };
}

/** What the client is told of why; policies' names are for administrators. */
export function reasonOf(because: readonly Reason[]): Pick<Refusal, 'code' | 'text'> {
  if (because.length > 0 && because.every(({ code }) => code === 'no-permit')) return noPermit;
  const texts = [...new Set(because.flatMap(({ text }) => text ?? []))];
  return { code: because[0]?.code ?? 'decision-failed', text: texts.join('; ') || 'access is denied' };
}

/** What the target, or the way to it, did wrong. Says nothing of addresses. */
export function upstreamFault(fault: WireFault, sent: boolean): Refusal {
  const status = fault.status === 504 ? 504 : fault.status === 413 ? 413 : 502;
  const unknown = sent ? '; whether the request was carried out is not known' : '';
  const text = status === 413 ? fault.message : `the target of this resource gave no usable answer${unknown}`;
  return { status, code: status === 413 ? 'too-large' : 'upstream-failed', text };
}
