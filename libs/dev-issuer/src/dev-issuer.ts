import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK, JWTPayload } from 'jose';
import type { Provider } from 'oidc-provider';
import type { DevClient, DevUser } from './dev-user.js';
import { MemoryStore } from './memory-adapter.js';
import { makeProvider, signInPath } from './provider.js';
import { signInPage } from './sign-in-page.js';
import { SigningKeys, type TokenOptions } from './signing-keys.js';

export interface DevIssuerOptions {
  /** 0 or absent: any free port. Always on 127.0.0.1, always plain HTTP. */
  readonly port?: number;
  readonly users: readonly DevUser[];
  readonly clients: readonly DevClient[];
  /** False: claims are told by the userinfo endpoint alone. */
  readonly claimsInIdToken?: boolean;
  /** Private keys that `makeSigningKeys` made for an earlier run, so that what they signed still counts. */
  readonly signingKeys?: readonly JWK[];
}

const maxBodyBytes = 64 << 10;

/** RFC 9700 knows why this is never for production: whoever reaches it is whoever they like. */
export class DevIssuer {
  /** As tokens name it: `http://127.0.0.1:PORT`. */
  readonly issuer: string;
  readonly #store = new MemoryStore();
  readonly #cookieKey = randomBytes(32).toString('base64url');
  #provider: Provider;
  #users: readonly DevUser[];

  private constructor(
    private readonly server: Server,
    private readonly options: DevIssuerOptions,
    private keys: SigningKeys,
  ) {
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#users = options.users;
    this.#provider = this.#makeProvider();
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch(() => {
        if (!response.headersSent) response.writeHead(400);
        response.end();
      });
    });
  }

  /** Resolves when it answers. */
  static async start(options: DevIssuerOptions): Promise<DevIssuer> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return new DevIssuer(
      server,
      options,
      options.signingKeys ? new SigningKeys(options.signingKeys) : await SigningKeys.generate(),
    );
  }

  /** From the next request on these are the people, with these groups. */
  setUsers(users: readonly DevUser[]): void {
    this.#users = users;
  }

  /** New keys sign from now on; the old ones leave the JWKS unless they are kept for verification. */
  async rotateKeys({ keepOld = false } = {}): Promise<void> {
    this.keys = await SigningKeys.generate(keepOld ? this.keys.jwks : []);
    this.#provider = this.#makeProvider();
  }

  /** A token of any claims, such as a workload's; `iss`, `iat`, `exp` and `jti` are filled in where absent. */
  issueToken(claims: JWTPayload, options: TokenOptions = {}): Promise<string> {
    return this.keys.sign({ iss: this.issuer, ...claims }, options);
  }

  /** OpenID Connect Back-Channel Logout §2.4: what an application is sent when this person's session ends. */
  logoutToken(
    clientId: string,
    about: { readonly sub?: string; readonly sid?: string },
    more: JWTPayload = {},
  ): Promise<string> {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const claims = { aud: clientId, events, ...about, ...more };
    return this.issueToken(claims, { type: 'logout+jwt', expiresInSeconds: 120 });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #makeProvider(): Provider {
    return makeProvider({
      issuer: this.issuer,
      clients: this.options.clients,
      store: this.#store,
      jwks: this.keys.jwks,
      cookieKey: this.#cookieKey,
      findUser: (sub) => this.#users.find((user) => user.sub === sub),
      claimsInIdToken: this.options.claimsInIdToken ?? true,
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page elsewhere that has its own name point here (DNS rebinding) is not whom this is for.
    if (request.headers.host !== new URL(this.issuer).host) {
      response.writeHead(421).end();
      return;
    }
    const { pathname } = new URL(request.url ?? '/', this.issuer);
    if (pathname.startsWith(signInPath)) return this.#signIn(request, response);
    if (pathname === '/workload-token' && request.method === 'POST') return this.#workloadToken(request, response);
    await this.#provider.callback()(request, response);
  }

  async #signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      const sub = new URLSearchParams(await readBody(request)).get('sub') ?? '';
      const result = this.#users.some((user) => user.sub === sub)
        ? { login: { accountId: sub } }
        : { error: 'access_denied', error_description: 'nobody was chosen' };
      return this.#provider.interactionFinished(request, response, result);
    }
    const { uid, params } = await this.#provider.interactionDetails(request, response);
    response
      .writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      })
      .end(signInPage(`${signInPath}${uid}`, String(params['client_id']), this.#users));
  }

  /** `curl -d '{"sub": "..."}' ISSUER/workload-token` prints a token of these claims. */
  async #workloadToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Browsers say where a request comes from; no page has business here.
    if (request.headers.origin !== undefined) {
      response.writeHead(403).end();
      return;
    }
    const claims: unknown = JSON.parse(await readBody(request));
    if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) throw new TypeError('no claims');
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' });
    response.end(await this.issueToken(claims as JWTPayload));
  }
}

/** Private keys for several runs. */
export async function makeSigningKeys(): Promise<readonly JWK[]> {
  return (await SigningKeys.generate()).jwks;
}

export function startDevIssuer(options: DevIssuerOptions): Promise<DevIssuer> {
  return DevIssuer.start(options);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new RangeError('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
