import type { TokenRequest } from '@sallyport/api-contract';
import { tokenRequest } from '@sallyport/api-contract';

/** RFC 6749 §5.2. */
export interface OAuthFailure {
  readonly status: 400 | 401;
  readonly error: 'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type';
  readonly description: string;
}
export type TokenQuestion =
  | { readonly ok: true; readonly clientId: string | undefined; readonly secret: string }
  | { readonly ok: false; readonly failure: OAuthFailure };

export const invalidClient: OAuthFailure = {
  status: 401,
  error: 'invalid_client',
  description: 'The client is unknown, or its secret is wrong.',
};

/** Reads a token request: the form, and HTTP Basic where the client prefers it (RFC 6749 §2.3.1), never both. */
export function readTokenRequest(body: unknown, authorization: string | undefined): TokenQuestion {
  // A parameter given twice arrives as a list and fails here (RFC 6749 §3.2).
  const form = tokenRequest.safeParse(body ?? {});
  if (!form.success) return invalidRequest('The form is malformed, or a parameter is missing or repeated.');
  if (form.data.grant_type !== 'client_credentials') {
    const description = 'This server issues tokens for client_credentials only.';
    return { ok: false, failure: { status: 400, error: 'unsupported_grant_type', description } };
  }
  if (form.data.scope) {
    const description = 'Tokens have no scopes: what they may do is for policies to say.';
    return { ok: false, failure: { status: 400, error: 'invalid_scope', description } };
  }
  return authorization === undefined ? fromForm(form.data) : fromBasic(form.data, authorization);
}

function invalidRequest(description: string): TokenQuestion {
  return { ok: false, failure: { status: 400, error: 'invalid_request', description } };
}

function fromForm({ client_id: clientId, client_secret: secret }: TokenRequest): TokenQuestion {
  return secret ? { ok: true, clientId, secret } : { ok: false, failure: invalidClient };
}

function fromBasic(form: TokenRequest, authorization: string): TokenQuestion {
  if (form.client_secret !== undefined) return invalidRequest('The client authenticates in two ways; use one.');
  const match = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization);
  const text = match ? Buffer.from(match[1]!, 'base64').toString('utf8') : '';
  const colon = text.indexOf(':');
  if (colon < 0) return { ok: false, failure: invalidClient };
  const [clientId, secret] = [decode(text.slice(0, colon)), decode(text.slice(colon + 1))];
  if (clientId === undefined || !secret) return { ok: false, failure: invalidClient };
  if (form.client_id !== undefined && form.client_id !== clientId) return invalidRequest('Two client ids; give one.');
  return { ok: true, clientId, secret };
}

/** application/x-www-form-urlencoded, as §2.3.1 asks inside Basic too. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
