import { claimValue } from '../claims/claim-value.js';
import type { Claims } from '../issuer-config.js';
import type { Preset } from './preset.js';

export const namespaceClaim = 'kubernetes.io.namespace';
const accountClaim = 'kubernetes.io.serviceaccount.name';
const accountIdClaim = 'kubernetes.io.serviceaccount.uid';

/**
 * Projected service account tokens (kubernetes.io, "Managing Service Accounts"). Tokens in Secrets, which never expire
 * and name `kubernetes.io/serviceaccount/namespace`, are not such.
 */
export const kubernetes: Preset = {
  algorithms: ['RS256', 'ES256'],
  types: ['', 'jwt'],
  people: false,
  identifiedBy: [['sub'], [accountIdClaim], [namespaceClaim]],
  anchors: [namespaceClaim],
  texts: ['sub', namespaceClaim, accountClaim, accountIdClaim],
  isGenuine: isProjectedToken,
};

export function isProjectedToken(claims: Claims): boolean {
  const namespace = claimValue(claims, namespaceClaim);
  const account = claimValue(claims, accountClaim);
  if (typeof namespace !== 'string' || typeof account !== 'string') return false;
  if (typeof claimValue(claims, accountIdClaim) !== 'string') return false;
  return claims['sub'] === `system:serviceaccount:${namespace}:${account}`;
}
