import { Inject, Injectable } from '@nestjs/common';
import * as oidc from 'openid-client';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { EnvelopeCipher } from '../../platform/crypto/envelope.js';
import { SecretStore } from '../../platform/crypto/secret-store.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { secretKinds } from '../configuration/object-secrets.js';
import type { StoredSpecs } from '../configuration/configuration.js';
import { issuerFetch } from '../federation/issuer-fetch.js';
import { hasTokenHash, idTokenAlgorithms, readHeader } from './id-token-checks.js';
import { OidcProviderMetadata } from './oidc-provider-metadata.js';
import type { ProvedIdentity } from './proved-identity.js';
import { provedIdentity } from './proved-identity.js';

export interface OidcProvider {
  readonly name: string;
  readonly spec: Extract<StoredSpecs['IdentityProvider'], { protocol: 'oidc' }>;
}

/** The provider proved nobody. The message is for the log, never for the browser. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
}

/** Clocks differ; more than this is not a difference of clocks. Seconds. */
const clockSkew = 60;

/** OpenID Connect Core 1.0 §3.1, authorization code with PKCE (RFC 7636), at the provider's side. */
@Injectable()
export class OidcSignIn {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly secrets: SecretStore,
    @Inject(EnvelopeCipher) private readonly cipher: EnvelopeCipher,
    private readonly metadata: OidcProviderMetadata,
  ) {}

  /** Where the browser is sent. The handle is the state. */
  async start(provider: OidcProvider, handle: string): Promise<string> {
    const client = await this.client(provider);
    const { verifier, nonce } = this.proofs(handle);
    const url = oidc.buildAuthorizationUrl(client, {
      redirect_uri: this.redirectUri,
      scope: [...new Set(['openid', ...provider.spec.scopes])].join(' '),
      state: handle,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  /**
   * Who it is, by the answer that the browser brought.
   * @param query as it came; its state is the handle.
   * @throws SignInRefused, or whatever openid-client makes of an answer that proves nobody.
   */
  async finish(provider: OidcProvider, handle: string, query: URLSearchParams): Promise<ProvedIdentity> {
    const client = await this.client(provider);
    const { verifier, nonce } = this.proofs(handle);
    const tokens = await oidc.authorizationCodeGrant(client, new URL(`${this.redirectUri}?${query}`), {
      pkceCodeVerifier: verifier,
      expectedState: handle,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    const header = readHeader(tokens.id_token);
    if (!claims || !header || !idTokenAlgorithms.includes(header.alg))
      throw new SignInRefused('the id_token is signed in no way that counts');
    if (header.typ !== undefined && !/^(application\/)?jwt$/i.test(header.typ))
      throw new SignInRefused(`an id_token is not of type ${header.typ}`);
    if (!hasTokenHash(claims['at_hash'], header.alg, tokens.access_token))
      throw new SignInRefused('at_hash is of another access token');
    const userinfo = client.serverMetadata().userinfo_endpoint
      ? // Throws when its subject is another one (OpenID Connect Core 1.0 §5.3.2).
        await oidc.fetchUserInfo(client, tokens.access_token, claims.sub)
      : {};
    return identityOf(provider.name, { ...userinfo, ...claims });
  }

  private get redirectUri(): string {
    return `${this.config.publicUrl}/auth/callback`;
  }

  /** Derived from the handle under the master key: whoever reads the database finds neither, nor the handle. */
  private proofs(handle: string): { verifier: string; nonce: string } {
    return {
      verifier: this.cipher.digest('login-code-verifier', handle),
      nonce: this.cipher.digest('login-nonce', handle),
    };
  }

  private async client({ name, spec }: OidcProvider): Promise<oidc.Configuration> {
    const metadata = await this.metadata.of(spec.issuer);
    const secret = (await this.secrets.get(this.dataSource, secretKinds.IdentityProvider!, name))?.toString('utf8');
    const client = new oidc.Configuration(
      metadata,
      spec.clientId,
      { [oidc.clockTolerance]: clockSkew },
      clientAuth(metadata, secret),
    );
    client[oidc.customFetch] = issuerFetch;
    client.timeout = 5;
    // Otherwise an id_token would count unverified, because TLS brought it (OpenID Connect Core 1.0 §3.1.3.7).
    oidc.enableNonRepudiationChecks(client);
    // Plain HTTP is for issuers on loopback alone: issuerFetch goes nowhere else with it.
    if (new URL(spec.issuer).protocol === 'http:') oidc.allowInsecureRequests(client);
    return client;
  }
}

function clientAuth(metadata: oidc.ServerMetadata, secret: string | undefined): oidc.ClientAuth {
  if (secret === undefined) return oidc.None();
  // OpenID Connect Discovery 1.0 §3: Basic where the provider does not say.
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return methods.includes('client_secret_basic') ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret);
}

function identityOf(provider: string, claims: Readonly<Record<string, unknown>>): ProvedIdentity {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const identity = provedIdentity.safeParse({
    ...{ provider, subject: claims['sub'], claims },
    ...{ idpSession: text(claims['sid']), email: text(claims['email']), displayName: text(claims['name']) },
  });
  if (!identity.success) throw new SignInRefused('the subject is no subject');
  return identity.data;
}
