import type { ApprovalRequirement, ApprovalTerms } from '@sallyport/domain';
import { defaultExpirySeconds } from '../language/annotations.js';
import { compareText } from './verdict.js';

/** All requirements together; the same groups asked for twice need the higher quorum. The shortest time counts. */
export function unitedTerms(all: readonly ApprovalTerms[]): ApprovalTerms {
  const byGroups = new Map<string, ApprovalRequirement>();
  let expiresInSeconds = Infinity;
  for (const terms of all) {
    expiresInSeconds = Math.min(expiresInSeconds, terms.expiresInSeconds);
    for (const { groups, quorum } of terms.requirements) {
      const key = JSON.stringify(groups);
      byGroups.set(key, { groups, quorum: Math.max(quorum, byGroups.get(key)?.quorum ?? 0) });
    }
  }
  const requirements = [...byGroups].sort(([a], [b]) => compareText(a, b)).map(([, requirement]) => requirement);
  return {
    requirements,
    expiresInSeconds: Number.isFinite(expiresInSeconds) ? expiresInSeconds : defaultExpirySeconds,
  };
}
