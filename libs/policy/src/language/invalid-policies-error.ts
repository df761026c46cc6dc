import { SallyportError } from '@sallyport/domain';
import type { PolicyIssue } from './policy-source.js';

/** The whole set is refused: no policy of it may be skipped. */
export class InvalidPoliciesError extends SallyportError {
  constructor(readonly issues: readonly PolicyIssue[]) {
    const first = issues[0];
    const where = first ? `${first.policy}:${first.line}:${first.column}: ${first.message}` : 'unknown';
    super('policies-invalid', `${issues.length} problems in policies; first ${where}`, { source: 'policy' });
  }
}
