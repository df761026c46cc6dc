import type { Claims } from '../issuer-config.js';
import { claimValue } from './claim-value.js';

export interface ClaimGroup {
  readonly group: string;
  /** Name of a TrustedIssuer or IdentityProvider. */
  readonly issuer: string;
  readonly claim: string;
  readonly equals: string;
}

/**
 * Groups that the claims of one issuer put somebody in: the claim is exactly that text, or a list that holds it. Bound
 * to the issuer's name, so that two providers' groups of one name stay two.
 */
export function claimGroups(rules: readonly ClaimGroup[], issuer: string, claims: Claims): string[] {
  const groups = new Set<string>();
  for (const rule of rules) {
    if (rule.issuer !== issuer) continue;
    const value = claimValue(claims, rule.claim);
    if (value === rule.equals || (Array.isArray(value) && value.includes(rule.equals))) groups.add(rule.group);
  }
  return [...groups].sort();
}
