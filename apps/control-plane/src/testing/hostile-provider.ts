import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';

/** What an answer is made of; a test bends one thing at a time. */
export interface Bending {
  /** Changes to the discovery document. */
  readonly discovery?: Readonly<Record<string, unknown>>;
  /** Changes to the id_token's claims; null takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs with something else than the published key. */
  readonly sign?: 'unpublished' | 'none' | 'client-secret';
  /** Answer of the userinfo endpoint. */
  readonly userinfo?: Readonly<Record<string, unknown>>;
  /** Changes to what the browser brings back. */
  readonly answer?: Readonly<Record<string, string | null>>;
  readonly redirectTokenTo?: string;
}

/** An OpenID provider that says what a test wants, with a key of its own. */
export class HostileProvider {
  bending: Bending = {};
  /** Requests that reached its token endpoint. */
  tokenRequests = 0;
  readonly issuer: string;
  #nonce = '';

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    private readonly keys: { readonly published: CryptoKey; readonly other: CryptoKey; readonly jwk: JWK },
    private readonly clientSecret: string,
  ) {
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  static async start(clientSecret: string): Promise<HostileProvider> {
    const [published, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
    const jwk = { ...(await exportJWK(published.publicKey)), kid: 'published', use: 'sig', alg: 'ES256' };
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HostileProvider(server, { published: published.privateKey, other: other.privateKey, jwk }, clientSecret);
  }

  /** Where the browser goes back to, after a request to the authorization endpoint. */
  answerTo(authorizationUrl: string): string {
    const asked = new URL(authorizationUrl).searchParams;
    this.#nonce = asked.get('nonce') ?? '';
    const answer: Record<string, string | null> = {
      ...{ code: 'a-code', state: asked.get('state'), iss: this.issuer },
      ...this.bending.answer,
    };
    const given = Object.entries(answer).filter((pair): pair is [string, string] => pair[1] !== null);
    return `${asked.get('redirect_uri')}?${new URLSearchParams(given)}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (body: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const { pathname } = new URL(request.url ?? '/', this.issuer);
    if (pathname === '/.well-known/openid-configuration') return send(this.#discovery());
    if (pathname === '/jwks') return send({ keys: [this.keys.jwk] });
    if (pathname === '/me') return send({ sub: 'subject-1', ...this.bending.userinfo });
    if (pathname !== '/token') return void response.writeHead(404).end();
    this.tokenRequests += 1;
    const { redirectTokenTo } = this.bending;
    if (redirectTokenTo !== undefined) return void response.writeHead(307, { location: redirectTokenTo }).end();
    send({ access_token: 'an access token', token_type: 'Bearer', id_token: await this.#idToken() });
  }

  #discovery(): object {
    const at = (path: string): string => `${this.issuer}${path}`;
    return {
      ...{ issuer: this.issuer, authorization_endpoint: at('/auth'), token_endpoint: at('/token') },
      ...{ jwks_uri: at('/jwks'), userinfo_endpoint: at('/me'), response_types_supported: ['code'] },
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
      ...this.bending.discovery,
    };
  }

  async #idToken(): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const all: JWTPayload = {
      ...{ iss: this.issuer, aud: 'sallyport', sub: 'subject-1', nonce: this.#nonce, iat: now, exp: now + 300 },
      ...this.bending.claims,
    };
    const claims = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
    const { sign, header } = this.bending;
    if (sign === 'none') return new UnsecuredJWT(claims).encode();
    const isShared = sign === 'client-secret';
    const key = isShared ? Buffer.from(this.clientSecret) : this.keys[sign === 'unpublished' ? 'other' : 'published'];
    const alg = isShared ? 'HS256' : 'ES256';
    return new SignJWT(claims).setProtectedHeader({ alg, kid: 'published', ...header }).sign(key);
  }
}
