import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiClient } from '@sallyport/api-client';
import { CliError, exitCodes } from '../exit-codes.js';
import { cliClientId, redeemCode } from './oauth-tokens.js';
import type { StoredLogin } from './stored-logins.js';

export interface CodeFlow {
  readonly api: string;
  /** Without a token. */
  readonly client: ApiClient;
  /** Name of the identity provider, where there are several. */
  readonly provider?: string;
  /** Shows the address where the person signs in. */
  readonly show: (url: string) => void;
  /** How long the person may take. Milliseconds. */
  readonly patienceMs: number;
}

/**
 * Authorization code with PKCE over a loopback redirect (RFC 8252 §7.3). The listener takes one answer, from this machine,
 * with the state it gave out.
 */
export async function codeFlow({ api, client, provider, show, patienceMs }: CodeFlow): Promise<StoredLogin> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(24).toString('base64url');
  const answer = await listenOnce(state, patienceMs);
  try {
    const url = new URL('/oauth/authorize', api);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: cliClientId,
      redirect_uri: answer.redirectUri,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state,
      ...(provider !== undefined && { provider }),
    }).toString();
    show(url.href);
    const code = await answer.code;
    return await redeemCode(client, { code, redirectUri: answer.redirectUri, verifier });
  } finally {
    answer.close();
  }
}

interface Answer {
  readonly redirectUri: string;
  readonly code: Promise<string>;
  close(): void;
}

async function listenOnce(state: string, patienceMs: number): Promise<Answer> {
  let settle: { resolve: (code: string) => void; reject: (error: Error) => void };
  const code = new Promise<string>((resolve, reject) => (settle = { resolve, reject }));
  code.catch(() => undefined); // whoever never gets to wait for it has failed for another reason
  const server = createServer((request, response) => {
    const outcome = readCallback(request, state);
    respond(response, outcome);
    if (outcome.kind === 'code') settle.resolve(outcome.code);
    if (outcome.kind === 'refused') settle.reject(new CliError(outcome.reason, exitCodes.forbidden));
  });
  const timer = setTimeout(() => {
    settle.reject(new CliError(`nobody signed in within ${Math.round(patienceMs / 1000)} s`));
  }, patienceMs);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { redirectUri: `http://127.0.0.1:${port}/callback`, code, close: () => stop(server, timer) };
}

function stop(server: Server, timer: NodeJS.Timeout): void {
  clearTimeout(timer);
  server.close();
  // The browser keeps its connection: the page it is to show has been sent.
  setTimeout(() => server.closeAllConnections(), 200).unref();
}

type Callback =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Not our answer: a favicon, a port scan, a page that guesses. Waiting goes on. */
  | { readonly kind: 'other' };

function readCallback(request: IncomingMessage, state: string): Callback {
  if (request.method !== 'GET' || !URL.canParse(request.url ?? '', 'http://127.0.0.1')) return { kind: 'other' };
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
  const given = searchParams.getAll('state');
  if (pathname !== '/callback' || given.length !== 1 || !equal(given[0]!, state)) return { kind: 'other' };
  const error = searchParams.get('error');
  if (error !== null) {
    const description = searchParams.get('error_description');
    return { kind: 'refused', reason: `the sign-in failed: ${description ?? error}` };
  }
  const codes = searchParams.getAll('code');
  if (codes.length !== 1 || codes[0] === '') return { kind: 'refused', reason: 'the sign-in answered without a code' };
  return { kind: 'code', code: codes[0]! };
}

function respond(response: ServerResponse, { kind }: Callback): void {
  const text = {
    code: 'You are signed in. This window can be closed.',
    refused: 'The sign-in failed. The terminal says why.',
    other: 'Nothing is here.',
  }[kind];
  response.writeHead(kind === 'other' ? 404 : 200, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(`${text}\n`);
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
