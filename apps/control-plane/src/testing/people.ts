import { createHash, randomBytes } from 'node:crypto';
import {
  type BrowserPage,
  type DevClient,
  DevBrowser,
  type DevIssuer,
  type DevUser,
  startDevIssuer,
} from '@sallyport/dev-issuer';
import type { Answer, Replica } from './replica.js';

/** Where the command line waits for its code. */
export const cliRedirect = 'http://127.0.0.1:49152/callback';
export const publicUrl = 'https://sallyport.test';
export const providerSecret = 'the client secret of the tests';

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

/** A development issuer that this control plane's people sign in at. */
export function startIssuer(
  users: readonly DevUser[],
  options: { claimsInIdToken?: boolean; clients?: DevClient[] } = {},
): Promise<DevIssuer> {
  const client = { id: 'sallyport', secret: providerSecret, redirectUris: [`${publicUrl}/auth/callback`] };
  return startDevIssuer({ users, clients: [client], ...options });
}

export function providerManifest(name: string, issuer: DevIssuer, more: object = {}): object {
  const spec = {
    protocol: 'oidc',
    issuer: issuer.issuer,
    clientId: 'sallyport',
    clientSecret: { value: providerSecret },
  };
  return { kind: 'IdentityProvider', name, spec: { ...spec, ...more } };
}

/** One person at one browser. */
export class Visitor {
  readonly browser: DevBrowser;
  readonly verifier = randomBytes(32).toString('base64url');
  readonly state = randomBytes(16).toString('base64url');

  constructor(private readonly replica: Replica) {
    this.browser = new DevBrowser([publicUrl, 'http://127.0.0.1:49152/']);
  }

  /** What a client asks for; `null` leaves a parameter out. */
  authorizeUrl(changes: Readonly<Record<string, string | null>> = {}): string {
    const parameters: Record<string, string | null> = {
      ...{ response_type: 'code', client_id: 'sallyport-cli', redirect_uri: cliRedirect, state: this.state },
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...changes,
    };
    const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== null);
    return `${this.replica.url}/oauth/authorize?${new URLSearchParams(given)}`;
  }

  /** From the client's request to the provider's answer: the page whose redirect leads back to the control plane. */
  async atProvider(sub: string, changes: Readonly<Record<string, string | null>> = {}): Promise<BrowserPage> {
    return this.browser.signIn(await this.browser.get(this.authorizeUrl(changes)), sub);
  }

  /** Follows a redirect to the control plane's public address, on this replica or another. */
  come(page: BrowserPage, replica: Replica = this.replica, browser: DevBrowser = this.browser): Promise<BrowserPage> {
    return browser.get(locationOf(page).replace(publicUrl, replica.url));
  }

  /** Signs in; the parameters that the client's listener gets. */
  async signIn(sub: string, changes: Readonly<Record<string, string | null>> = {}): Promise<URLSearchParams> {
    const page = await this.come(await this.atProvider(sub, changes));
    const location = page.headers.get('location');
    if (location === null) throw new Error(`no redirect: ${page.status} ${page.text}`);
    return new URL(location).searchParams;
  }

  redeem(code: string, changes: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return postForm(this.replica, '/oauth/token', {
      ...{ grant_type: 'authorization_code', client_id: 'sallyport-cli', code, redirect_uri: cliRedirect },
      code_verifier: this.verifier,
      ...changes,
    });
  }

  async tokens(sub: string, changes: Readonly<Record<string, string | null>> = {}): Promise<Tokens> {
    const answer = await this.redeem((await this.signIn(sub, changes)).get('code')!);
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as Tokens;
  }
}

export function locationOf(page: BrowserPage): string {
  const location = page.headers.get('location');
  if (location === null) throw new Error(`no redirect: ${page.status} ${page.text}`);
  return location;
}

export async function postForm(
  replica: Replica,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Answer> {
  const response = await fetch(replica.url + path, {
    method: 'POST',
    body: new URLSearchParams(form),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
}

export function refresh(replica: Replica, token: string): Promise<Answer> {
  return postForm(replica, '/oauth/token', {
    grant_type: 'refresh_token',
    client_id: 'sallyport-cli',
    refresh_token: token,
  });
}

/** Who a token proves, or the status that refuses it. */
export async function whoami(
  replica: Replica,
  token: string,
): Promise<{ principal: string; groups: string[] } | number> {
  const answer = await replica.call('GET', '/v1/whoami', { as: token });
  return answer.status === 200 ? (answer.body as { principal: string; groups: string[] }) : answer.status;
}
