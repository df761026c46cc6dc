import type { Reason } from '@sallyport/domain';
import type { Refused as RefusedByPolicy } from '@sallyport/enforcement';
import type { WireFault } from '@sallyport/http-wire';
import type { Refusal } from './protocol.js';

/** The same words for a resource that does not exist and one that is out of bounds: neither can be guessed by asking. */
export const noSuchResource: Refusal = {
  status: 403,
  code: 'unknown-resource',
  text: 'there is no such resource, or no permission to use it',
};
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
