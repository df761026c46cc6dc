import type { PolicySnapshot } from '@sallyport/gateway-contract';
import type { Queryable } from '../../platform/database/query.js';
import type { Configuration } from '../configuration/configuration.js';
import { issuerConfigs } from './issuer-configs.js';
import { standingRevocations } from './revoked-tokens.store.js';

/** What gateways need to prove tokens of other issuers by themselves. Reads within the caller's transaction. */
export async function federationPart(
  db: Queryable,
  configuration: Configuration,
): Promise<Pick<PolicySnapshot, 'trustedIssuers' | 'claimGroups' | 'revokedTokens'>> {
  const claimGroups = configuration
    .list('Group')
    .flatMap(({ name: group, spec }) => (spec.claims ?? []).map((rule) => ({ group, ...rule })));
  return {
    trustedIssuers: await issuerConfigs(db, configuration.list('TrustedIssuer')),
    claimGroups,
    revokedTokens: await standingRevocations(db),
  };
}
