import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';

/** An authorization server as the documents describe it (RFC 6749, 7636, 8628): refuses whatever does not fit. */
export class OAuthServerFixture {
  readonly #server: Server;
  readonly #challenges = new Map<string, { challenge: string; redirectUri: string }>();
  readonly #refreshTokens = new Set<string>();
  /** Answers that polls of a device code get before it is approved, in order. */
  devicePolls: string[] = [];
  expiresIn = 600;
  refreshes = 0;
  revoked: string[] = [];

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<OAuthServerFixture> {
    const fixture = new OAuthServerFixture();
    await new Promise<void>((resolve) => fixture.#server.listen(0, '127.0.0.1', resolve));
    return fixture;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** What the browser does once the person has signed in: the redirect's address. */
  authorize(url: string): URL {
    const { searchParams: asked } = new URL(url);
    const code = randomUUID();
    const [challenge, redirectUri] = [asked.get('code_challenge')!, asked.get('redirect_uri')!];
    if (asked.get('code_challenge_method') !== 'S256') throw new Error('PKCE is missing');
    this.#challenges.set(code, { challenge, redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state')!);
    return back;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await readText(request));
    const { pathname } = new URL(request.url!, this.url);
    const [status, body] = this.#route(pathname, form);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  #route(path: string, form: URLSearchParams): [number, unknown] {
    if (path === '/oauth/revoke') {
      this.revoked.push(form.get('token')!);
      return [200, {}];
    }
    if (path === '/oauth/device_authorization') {
      const address = `${this.url}/oauth/device`;
      return [
        200,
        { device_code: 'device', user_code: 'ABCD-EFGH', verification_uri: address, expires_in: 60, interval: 0 },
      ];
    }
    const error = (code: string): [number, unknown] => [400, { error: code, error_description: code }];
    if (form.get('client_id') !== 'sallyport-cli') return error('invalid_client');
    switch (form.get('grant_type')) {
      case 'authorization_code':
        return this.#redeem(form) ? [200, this.#tokens()] : error('invalid_grant');
      case 'refresh_token':
        this.refreshes += 1;
        return this.#refreshTokens.delete(form.get('refresh_token')!) ? [200, this.#tokens()] : error('invalid_grant');
      case 'urn:ietf:params:oauth:grant-type:device_code': {
        const pending = this.devicePolls.shift();
        return pending === undefined ? [200, this.#tokens()] : error(pending);
      }
      default:
        return error('unsupported_grant_type');
    }
  }

  #redeem(form: URLSearchParams): boolean {
    const code = form.get('code')!;
    const known = this.#challenges.get(code);
    this.#challenges.delete(code);
    const challenge = createHash('sha256').update(form.get('code_verifier')!).digest('base64url');
    return known?.challenge === challenge && known.redirectUri === form.get('redirect_uri');
  }

  #tokens(): Record<string, unknown> {
    const refreshToken = randomUUID();
    this.#refreshTokens.add(refreshToken);
    return {
      access_token: randomUUID(),
      token_type: 'Bearer',
      expires_in: this.expiresIn,
      refresh_token: refreshToken,
    };
  }
}
