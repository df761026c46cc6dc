import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { defaultAlgorithms } from '@sallyport/identity';
import type { Queryable } from '../../platform/database/query.js';
import type { StoredObject } from '../configuration/configuration.js';
import { readKeySet } from './issuer-jwks.js';
import type { StoredIssuerKeys } from './issuer-keys.store.js';
import { listIssuerKeys, sourceOf } from './issuer-keys.store.js';

export type IssuerConfig = PolicySnapshot['trustedIssuers'][number];

/** Of keys that are declared: they count until the declaration changes. */
const noEnd = '9999-12-31T23:59:59.000Z';
/** Of keys that were never fetched. */
const longAgo = '1970-01-01T00:00:00.000Z';

/** Each trusted issuer with the keys of it that count now: what verifies its tokens, here and at gateways. */
export async function issuerConfigs(
  db: Queryable,
  issuers: readonly StoredObject<'TrustedIssuer'>[],
): Promise<IssuerConfig[]> {
  const fetched = new Map((await listIssuerKeys(db)).map((keys) => [keys.name, keys]));
  return issuers.map((issuer) => ({ ...rulesOf(issuer), ...keysOf(issuer, fetched.get(issuer.name)) }));
}

function rulesOf({ name, spec }: StoredObject<'TrustedIssuer'>): Omit<IssuerConfig, 'jwks' | 'keysValidUntil'> {
  const { issuer, audience, preset, algorithms, match, sessionSeconds } = spec;
  return {
    ...{ name, issuer, sessionSeconds, match: [...match] },
    audience: [audience].flat(),
    ...(preset !== undefined && { preset }),
    algorithms: [...(algorithms ?? defaultAlgorithms(preset))],
  };
}

function keysOf(
  { spec }: StoredObject<'TrustedIssuer'>,
  fetched: StoredIssuerKeys | undefined,
): Pick<IssuerConfig, 'jwks' | 'keysValidUntil'> {
  if (spec.jwks) return { jwks: asSent(readKeySet(spec.jwks) ?? []), keysValidUntil: noEnd };
  if (!fetched?.validUntil || fetched.source !== sourceOf(spec)) return { jwks: [], keysValidUntil: longAgo };
  const isStale = fetched.validUntil.getTime() <= Date.now();
  return { jwks: isStale ? [] : asSent(fetched.jwks ?? []), keysValidUntil: fetched.validUntil.toISOString() };
}

function asSent(keys: readonly Readonly<Record<string, unknown>>[]): IssuerConfig['jwks'] {
  return keys.map((key) => ({ ...key }));
}
