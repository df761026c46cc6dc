import { z } from 'zod';
import type { OAuthFailure, TokenForm } from './token-grant.js';
import { tokenFailure } from './token-grant.js';

export type TokenQuestion =
  { readonly ok: true; readonly form: TokenForm } | { readonly ok: false; readonly failure: OAuthFailure };

export const invalidClient: OAuthFailure = {
  status: 401,
  error: 'invalid_client',
  description: 'The client is unknown, or its secret is wrong.',
};

const value = z.string().max(16_384);
/** RFC 8693 §2.1: the only parameters that may come more than once. */
const targetNames = ['resource', 'audience'];
const wireForm = z.record(z.string().max(100), z.union([value, z.array(value).max(20)]));

/** Reads a token request: the form, and HTTP Basic where the client prefers it (RFC 6749 §2.3.1), never both. */
export function readTokenRequest(body: unknown, authorization: string | undefined): TokenQuestion {
  const parsed = wireForm.safeParse(body ?? {});
  const read = parsed.success ? readParameters(parsed.data) : undefined;
  const grantType = read?.parameters.get('grant_type');
  if (!read || grantType === undefined) {
    return tokenFailure('invalid_request', 'The form is malformed, or a parameter is missing or repeated.');
  }
  const client = authorization === undefined ? fromForm(read.parameters) : fromBasic(read.parameters, authorization);
  return client.ok ? { ok: true, form: { grantType, ...read, client: client.client } } : client;
}

function readParameters(
  form: Readonly<Record<string, string | string[]>>,
): Pick<TokenForm, 'parameters' | 'targets'> | undefined {
  const parameters = new Map<string, string>();
  const targets: string[] = [];
  for (const [name, given] of Object.entries(form)) {
    if (targetNames.includes(name)) targets.push(...[given].flat().filter((target) => target !== ''));
    // A parameter given twice arrives as a list (RFC 6749 §3.2).
    else if (typeof given !== 'string') return undefined;
    // RFC 6749 §3.2: without a value it counts as omitted.
    else if (given !== '') parameters.set(name, given);
  }
  return { parameters, targets };
}

type Client =
  { readonly ok: true; readonly client: TokenForm['client'] } | { readonly ok: false; readonly failure: OAuthFailure };

function fromForm(parameters: TokenForm['parameters']): Client {
  return { ok: true, client: { id: parameters.get('client_id'), secret: parameters.get('client_secret') } };
}

function fromBasic(parameters: TokenForm['parameters'], authorization: string): Client {
  if (parameters.has('client_secret')) {
    return tokenFailure('invalid_request', 'The client authenticates in two ways; use one.');
  }
  const match = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization);
  const text = match ? Buffer.from(match[1]!, 'base64').toString('utf8') : '';
  const colon = text.indexOf(':');
  if (colon < 0) return { ok: false, failure: invalidClient };
  const [id, secret] = [decode(text.slice(0, colon)), decode(text.slice(colon + 1))];
  if (id === undefined || !secret) return { ok: false, failure: invalidClient };
  const named = parameters.get('client_id');
  if (named !== undefined && named !== id) return tokenFailure('invalid_request', 'Two client ids; give one.');
  return { ok: true, client: { id, secret } };
}

/** application/x-www-form-urlencoded, as §2.3.1 asks inside Basic too. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
