import { Injectable } from '@nestjs/common';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { createLocalJWKSet, errors } from 'jose';
import { fetchIssuerJson, IssuerUnreachable } from '../federation/issuer-fetch.js';
import { readKeySet } from '../federation/issuer-jwks.js';
import { OidcProviderMetadata } from './oidc-provider-metadata.js';

/** A key that leaves the set stops counting then at the latest; a new one is looked for no more often than that. */
const keptForMs = 30_000;
const lookAgainAfterMs = 5_000;

interface Kept {
  readonly keys: Promise<JWTVerifyGetKey>;
  readonly at: number;
}

/** Keys of OpenID providers, for what providers send by themselves. */
@Injectable()
export class OidcProviderKeys {
  readonly #kept = new Map<string, Kept>();

  constructor(private readonly metadata: OidcProviderMetadata) {}

  /** Finds the key of a token. An unknown one is looked for again, in case the provider has just rotated its keys. */
  of(issuer: string): JWTVerifyGetKey {
    return async (header, token) => {
      try {
        return await (
          await this.#get(issuer, keptForMs)
        )(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        return (await this.#get(issuer, lookAgainAfterMs))(header, token);
      }
    };
  }

  #get(issuer: string, maxAgeMs: number): Promise<JWTVerifyGetKey> {
    const kept = this.#kept.get(issuer);
    if (kept && Date.now() - kept.at < maxAgeMs) return kept.keys;
    const keys = this.#fetch(issuer);
    // A failure is kept as well: whoever makes us ask cannot make us ask more often.
    keys.catch(() => undefined);
    this.#kept.set(issuer, { keys, at: Date.now() });
    return keys;
  }

  async #fetch(issuer: string): Promise<JWTVerifyGetKey> {
    const { jwks_uri: where } = await this.metadata.of(issuer);
    const keys = readKeySet(await fetchIssuerJson(new URL(where!)));
    if (!keys) throw new IssuerUnreachable(`${issuer}: the answer is no key set`);
    return createLocalJWKSet({ keys: [...keys] } as unknown as JSONWebKeySet);
  }
}
