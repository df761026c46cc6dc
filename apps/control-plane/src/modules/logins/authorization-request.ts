import type { OAuthClient } from './oauth-clients.js';
import { oauthClient } from './oauth-clients.js';

/** What an OAuth client asks of the authorization endpoint (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export interface AuthorizationRequest {
  readonly client: OAuthClient;
  readonly redirectUri: string;
  readonly state: string;
  readonly codeChallenge: string;
  /** Our own parameter: the identity provider to use. */
  readonly provider: string | undefined;
}

export type ReadRequest =
  | { readonly ok: true; readonly request: AuthorizationRequest }
  /** RFC 6749 §4.1.2.1: with a client or an address that is not known, nobody is redirected anywhere. */
  | { readonly ok: false; readonly redirect?: Redirection; readonly reason: string };
export interface Redirection {
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly error: 'invalid_request' | 'unsupported_response_type';
}

/** RFC 7636 §4.2: SHA-256, base64url. */
const challengeShape = /^[A-Za-z0-9_-]{43}$/;
const stateShape = /^[\x21-\x7e]{8,512}$/;

export function readAuthorizationRequest(query: URLSearchParams, publicUrl: string): ReadRequest {
  const names = [...query.keys()];
  // RFC 6749 §3.1: no parameter twice; a second one is for somebody else to read.
  if (new Set(names).size !== names.length) return { ok: false, reason: 'a parameter is repeated' };
  const get = (name: string): string | undefined => query.get(name) ?? undefined;
  const client = oauthClient(get('client_id') ?? '', publicUrl);
  if (!client) return { ok: false, reason: 'the client is unknown' };
  const redirectUri = get('redirect_uri');
  if (redirectUri === undefined || !client.allowsRedirect(redirectUri)) {
    return { ok: false, reason: 'redirect_uri is not one of the client' };
  }
  const state = get('state');
  const codeChallenge = get('code_challenge');
  const wrong = (reason: string, error: Redirection['error'] = 'invalid_request'): ReadRequest => ({
    ok: false,
    reason,
    redirect: { redirectUri, state: state !== undefined && stateShape.test(state) ? state : undefined, error },
  });
  if (get('response_type') !== 'code') return wrong('response_type must be code', 'unsupported_response_type');
  if (state === undefined || !stateShape.test(state))
    return wrong('state is required, of 8 visible characters or more');
  if (get('code_challenge_method') !== 'S256') return wrong('code_challenge_method must be S256');
  if (codeChallenge === undefined || !challengeShape.test(codeChallenge)) return wrong('code_challenge is required');
  return { ok: true, request: { client, redirectUri, state, codeChallenge, provider: get('provider') } };
}

/** The address with these parameters; whatever it had stays. */
export function withParameters(url: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) target.searchParams.set(name, value);
  return target.href;
}
