import type { IssuerKeyState } from '@sallyport/api-contract';
import type { StoredSpecs } from '../configuration/configuration.js';
import type { Jwk } from './issuer-jwks.js';
import { readKeySet } from './issuer-jwks.js';
import type { StoredIssuerKeys } from './issuer-keys.store.js';
import { sourceOf } from './issuer-keys.store.js';

/** What an administrator wants to know when tokens of an issuer are refused. */
export function keyStateOf(spec: StoredSpecs['TrustedIssuer'], stored: StoredIssuerKeys | undefined): IssuerKeyState {
  if (spec.jwks) {
    const keys = (readKeySet(spec.jwks) ?? []).map(shown);
    return { source: 'declared', keys, fetchedAt: null, validUntil: null, failure: null };
  }
  const fetched = stored?.source === sourceOf(spec) ? stored : undefined;
  return {
    source: 'fetched',
    keys: (fetched?.jwks ?? []).map(shown),
    fetchedAt: fetched?.fetchedAt?.toISOString() ?? null,
    validUntil: fetched?.validUntil?.toISOString() ?? null,
    failure: fetched?.failure ?? null,
  };
}

function shown(key: Jwk): IssuerKeyState['keys'][number] {
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return { id: text(key['kid']), type: text(key['kty']) ?? '', algorithm: text(key['alg']) };
}
