import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { DevBrowser } from '@sallyport/dev-issuer';
import type { ControlPlaneApi } from '@sallyport/testing';

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
}

/** Nothing listens there: the browser stops at the redirect, which is all that is wanted of it. */
const redirectUri = 'http://127.0.0.1:9/callback';
const clientId = 'sallyport-cli';

/** A form at the token endpoint; the answer as it came. */
export function postForm(
  api: ControlPlaneApi,
  path: string,
  fields: Readonly<Record<string, string>>,
): ReturnType<ControlPlaneApi['call']> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return api.as(undefined).call('POST', path, new URLSearchParams(fields).toString(), type);
}

export async function tokenFrom(api: ControlPlaneApi, fields: Readonly<Record<string, string>>): Promise<Tokens> {
  const answer = await postForm(api, '/oauth/token', fields);
  if (answer.status !== 200) throw new Error(`/oauth/token: ${answer.status} ${answer.bytes.toString()}`);
  return answer.body as Tokens;
}

/** Signs in as the CLI does: authorization code with PKCE, the person choosing who to be at the development issuer. */
export async function signIn(api: ControlPlaneApi, ca: string, sub: string): Promise<Tokens> {
  const browser = new DevBrowser([redirectUri], trusting(ca));
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const question = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state,
  });
  const page = await browser.signIn(await browser.get(`${api.url}/oauth/authorize?${question}`), sub);
  const back = new URL(page.headers.get('location') ?? 'none:');
  if (back.searchParams.get('state') !== state) throw new Error(`the sign-in ended at ${page.url}: ${page.text}`);
  return tokenFrom(api, {
    grant_type: 'authorization_code',
    client_id: clientId,
    code: back.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
}

/** As fetch, and trusts this authority too. Redirects are for the caller. */
function trusting(ca: string): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(String(input));
    if (url.protocol === 'http:') return fetch(url, init);
    return new Promise((resolve, reject) => {
      const body = init.body instanceof URLSearchParams ? init.body.toString() : undefined;
      const form = body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' };
      const headers = { ...form, ...(init.headers as Record<string, string>) };
      const sent = request(url, { method: init.method ?? 'GET', ca, agent: false, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('error', reject);
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const given = new Headers();
          for (const [name, values] of Object.entries(response.headersDistinct)) {
            for (const value of values ?? []) given.append(name, value);
          }
          resolve(new Response(Buffer.concat(chunks), { status: response.statusCode!, headers: given }));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  };
}

/** Approves a waiting device as this person would: opens the address, follows what it offers, says who it is, allows it. */
export async function approveDevice(ca: string, address: string, sub: string): Promise<void> {
  const browser = new DevBrowser([], trusting(ca));
  let page = await browser.get(address);
  for (let step = 0; step < 6; step += 1) {
    page = await browser.signIn(page, sub);
    const form = /<form method="post" action="([^"]+)">(.*?)<\/form>/s.exec(page.text);
    const link = /<a href="([^"]+)">/.exec(page.text)?.[1]?.replaceAll('&#38;', '&');
    if (form) page = await browser.post(new URL(form[1]!, page.url).href, { ...fieldsOf(form[2]!), answer: 'allow' });
    else if (link) page = await browser.get(new URL(link, page.url).href);
    else return;
  }
}

function fieldsOf(form: string): Record<string, string> {
  const inputs = form.match(/<input[^>]*>/g) ?? [];
  const attribute = (input: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(input)?.[1] ?? '';
  return Object.fromEntries(inputs.map((input) => [attribute(input, 'name'), attribute(input, 'value')]));
}
