import { z } from 'zod';
import { isAllowedUrl } from './issuer-address.js';
import { fetchIssuerJson, IssuerUnreachable } from './issuer-fetch.js';
import type { Jwk } from './issuer-jwks.js';
import { readKeySet } from './issuer-jwks.js';

/** Where an issuer's keys are to be found. */
export interface KeySource {
  readonly issuer: string;
  /** Absent: the discovery document says it. */
  readonly jwksUri?: string | undefined;
}

const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.string().max(2048) });

/** The keys that an issuer publishes now. @throws IssuerUnreachable */
export async function fetchIssuerKeys(source: KeySource): Promise<Jwk[]> {
  const url = source.jwksUri === undefined ? await discoverKeys(source.issuer) : new URL(source.jwksUri);
  const keys = readKeySet(await fetchIssuerJson(url));
  if (!keys) throw new IssuerUnreachable(`${url.origin}: the answer is no key set`);
  return keys;
}

/** OpenID Connect Discovery 1.0 §4. */
async function discoverKeys(issuer: string): Promise<URL> {
  const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const parsed = discoveryDocument.safeParse(await fetchIssuerJson(url));
  if (!parsed.success) throw new IssuerUnreachable(`${url.origin}: the answer is no discovery document`);
  const { issuer: claimed, jwks_uri: where } = parsed.data;
  // §4.3: exactly equal, or else the document of one tenant or host would speak for another.
  if (claimed !== issuer) throw new IssuerUnreachable(`${url.origin}: the document is another issuer's`);
  const keys = URL.canParse(where) ? new URL(where) : undefined;
  const isDowngrade = keys?.protocol === 'http:' && url.protocol === 'https:';
  if (!keys || !isAllowedUrl(keys) || isDowngrade) throw new IssuerUnreachable(`${url.origin}: jwks_uri is not https`);
  return keys;
}
