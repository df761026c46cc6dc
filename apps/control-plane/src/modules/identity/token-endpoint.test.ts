import { readTokenRequest } from './token-endpoint.js';

const grant = { grant_type: 'client_credentials' };
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const errorOf = (body: unknown, authorization?: string): string => {
  const read = readTokenRequest(body, authorization);
  return read.ok ? 'none' : read.failure.error;
};

test('the secret comes in the form', () => {
  expect(readTokenRequest({ ...grant, client_secret: 'k' }, undefined)).toEqual({
    ok: true,
    clientId: undefined,
    secret: 'k',
  });
});

test('or in HTTP Basic, percent-encoded as the RFC asks', () => {
  expect(readTokenRequest(grant, basic('ci%2Bx:sp_%61'))).toEqual({ ok: true, clientId: 'ci+x', secret: 'sp_a' });
});

test.each([
  ['no form at all', undefined, undefined, 'invalid_request'],
  ['a parameter twice', { grant_type: ['client_credentials', 'x'] }, undefined, 'invalid_request'],
  ['another grant', { grant_type: 'password', client_secret: 'k' }, undefined, 'unsupported_grant_type'],
  ['a scope', { ...grant, client_secret: 'k', scope: 'admin' }, undefined, 'invalid_scope'],
  ['no secret', grant, undefined, 'invalid_client'],
  ['both ways at once', { ...grant, client_secret: 'k' }, basic('ci:k'), 'invalid_request'],
  ['two client ids', { ...grant, client_id: 'a' }, basic('b:k'), 'invalid_request'],
  ['another scheme', grant, 'Bearer k', 'invalid_client'],
  ['Basic without a colon', grant, basic('k'), 'invalid_client'],
  ['Basic without a secret', grant, basic('ci:'), 'invalid_client'],
  ['broken percent-encoding', grant, basic('ci:%zz'), 'invalid_client'],
])('%s is refused', (_, body, authorization, expected) => {
  expect(errorOf(body, authorization)).toBe(expected);
});
