import type { ServerResponse } from 'node:http';
import { ProblemError } from './problem-error.js';

/** Strong entity tag of a stored version (RFC 9110 §8.8.3). */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * Checks `If-Match` (RFC 9110 §13.1.1) against what is stored; absent means the client does not care.
 * @throws ProblemError 412 `version-mismatch`.
 */
export function requireMatch(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.includes(etagOf(version))) {
    throw new ProblemError(
      412,
      'version-mismatch',
      'It has changed since the version that If-Match names; read it again.',
    );
  }
}

/** Sets the ETag of an answer that carries its version. */
export function tagged<View extends { readonly version: number }>(response: ServerResponse, view: View): View {
  response.setHeader('ETag', etagOf(view.version));
  return view;
}
