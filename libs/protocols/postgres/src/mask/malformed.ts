import { SallyportError } from '@sallyport/domain';

/** The target sent what its protocol does not allow: what cannot be understood cannot be masked, and must not be passed on. */
export function malformed(what: string): SallyportError {
  return new SallyportError('malformed-result', `the target sent ${what}`, { source: 'upstream' });
}
