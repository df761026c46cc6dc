import { Injectable } from '@nestjs/common';
import type { ServerMetadata } from 'openid-client';
import { z } from 'zod';
import { isAllowedUrl } from '../federation/issuer-address.js';
import { fetchIssuerJson, IssuerUnreachable } from '../federation/issuer-fetch.js';

/** Providers change their endpoints rarely; keys are fetched at every sign-in. Milliseconds. */
const keptForMs = 60_000;
const maxKept = 100;

const endpoint = z.string().max(2048).refine(isEndpoint, 'must be https');
const document = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  jwks_uri: endpoint,
  userinfo_endpoint: endpoint.optional(),
});

/** What OpenID providers say of themselves (OpenID Connect Discovery 1.0 §4), for a minute at a time. */
@Injectable()
export class OidcProviderMetadata {
  readonly #kept = new Map<string, { readonly found: Promise<ServerMetadata>; readonly until: number }>();

  /** @throws IssuerUnreachable */
  of(issuer: string): Promise<ServerMetadata> {
    const kept = this.#kept.get(issuer);
    if (kept && kept.until > Date.now()) return kept.found;
    if (this.#kept.size >= maxKept) this.#kept.clear();
    const found = discover(issuer);
    this.#kept.set(issuer, { found, until: Date.now() + keptForMs });
    found.catch(() => this.#kept.delete(issuer));
    return found;
  }

  /** What was found so far is asked for anew. */
  forget(): void {
    this.#kept.clear();
  }
}

async function discover(issuer: string): Promise<ServerMetadata> {
  const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const parsed = document.safeParse(await fetchIssuerJson(url));
  if (!parsed.success) throw new IssuerUnreachable(`${url.origin}: the answer is no discovery document`);
  // §4.3: exactly equal. A document for every tenant (`{tenantid}`) is nobody's.
  if (parsed.data.issuer !== issuer) throw new IssuerUnreachable(`${url.origin}: the document is another issuer's`);
  return parsed.data as unknown as ServerMetadata;
}

function isEndpoint(text: string): boolean {
  return URL.canParse(text) && isAllowedUrl(new URL(text));
}
