import { readTokenRequest } from './token-endpoint.js';

const grant = { grant_type: 'client_credentials' };
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const errorOf = (body: unknown, authorization?: string): string => {
  const read = readTokenRequest(body, authorization);
  return read.ok ? 'none' : read.failure.error;
};
const formOf = (body: unknown, authorization?: string) => {
  const read = readTokenRequest(body, authorization);
  if (!read.ok) throw new Error(read.failure.description);
  return read.form;
};

test('the secret comes in the form', () => {
  const form = formOf({ ...grant, client_secret: 'k' });
  expect([form.grantType, form.client]).toEqual(['client_credentials', { id: undefined, secret: 'k' }]);
});

test('or in HTTP Basic, percent-encoded as the RFC asks', () => {
  expect(formOf(grant, basic('ci%2Bx:sp_%61')).client).toEqual({ id: 'ci+x', secret: 'sp_a' });
});

test('a public client names itself alone', () => {
  expect(formOf({ ...grant, client_id: 'cli' }).client).toEqual({ id: 'cli', secret: undefined });
});

test('only targets may be repeated, and empty parameters do not count', () => {
  const form = formOf({ ...grant, audience: ['shop', 'crm'], resource: 'erp', scope: '' });
  expect([...form.targets].sort()).toEqual(['crm', 'erp', 'shop']);
  expect([...form.parameters.keys()]).toEqual(['grant_type']);
});

test.each([
  ['no form at all', undefined, undefined, 'invalid_request'],
  ['a text for a form', 'grant_type=x', undefined, 'invalid_request'],
  ['no grant', { client_secret: 'k' }, undefined, 'invalid_request'],
  ['an empty grant', { grant_type: '' }, undefined, 'invalid_request'],
  ['the grant twice', { grant_type: ['client_credentials', 'x'] }, undefined, 'invalid_request'],
  ['a parameter twice', { ...grant, subject_token: ['a', 'b'] }, undefined, 'invalid_request'],
  ['both ways at once', { ...grant, client_secret: 'k' }, basic('ci:k'), 'invalid_request'],
  ['two client ids', { ...grant, client_id: 'a' }, basic('b:k'), 'invalid_request'],
  ['another scheme', grant, 'Bearer k', 'invalid_client'],
  ['Basic without a colon', grant, basic('k'), 'invalid_client'],
  ['Basic without a secret', grant, basic('ci:'), 'invalid_client'],
  ['broken percent-encoding', grant, basic('ci:%zz'), 'invalid_client'],
])('%s is refused', (_, body, authorization, expected) => {
  expect(errorOf(body, authorization)).toBe(expected);
});
