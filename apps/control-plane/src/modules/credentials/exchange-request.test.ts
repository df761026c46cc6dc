import { readExchangeRequest } from './exchange-request.js';

const urn = (type: string): string => `urn:ietf:params:oauth:token-type:${type}`;
const read = (parameters: Record<string, string>, targets: string[] = []) =>
  readExchangeRequest({
    grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
    parameters: new Map(Object.entries(parameters)),
    targets,
    client: { id: undefined, secret: undefined },
  });
const subject = { subject_token: 's', subject_token_type: urn('jwt') };

test('tokens, bounds and types are read', () => {
  const form = { ...subject, actor_token: 'a', actor_token_type: urn('access_token'), scope: 'connect select connect' };
  expect(read({ ...form, requested_token_type: urn('access_token') }, ['shop', 'crm', 'shop'])).toEqual({
    ok: true,
    request: {
      subject: { token: 's', type: 'jwt' },
      actor: { token: 'a', type: 'access_token' },
      asked: { resources: ['shop', 'crm'], actions: ['connect', 'select'] },
    },
  });
});

test.each<[string, Record<string, string>, string[], string]>([
  ['no subject', {}, [], 'invalid_request'],
  ['a subject without a type', { subject_token: 's' }, [], 'invalid_request'],
  ['a type without a subject', { subject_token_type: urn('jwt') }, [], 'invalid_request'],
  ['a refresh token', { ...subject, subject_token_type: urn('refresh_token') }, [], 'invalid_request'],
  ['a SAML assertion', { ...subject, subject_token_type: urn('saml2') }, [], 'invalid_request'],
  ['a type without its urn', { ...subject, subject_token_type: 'jwt' }, [], 'invalid_request'],
  ['an actor without a type', { ...subject, actor_token: 'a' }, [], 'invalid_request'],
  ['a type without an actor', { ...subject, actor_token_type: urn('jwt') }, [], 'invalid_request'],
  ['an ID token wanted', { ...subject, requested_token_type: urn('id_token') }, [], 'invalid_request'],
  ['an action that nobody knows', { ...subject, scope: 'select admin' }, [], 'invalid_scope'],
  ['actions with two spaces', { ...subject, scope: 'select  insert' }, [], 'invalid_scope'],
  ['all actions at once', { ...subject, scope: '*' }, [], 'invalid_scope'],
  ['a group of actions', { ...subject, scope: 'sql' }, [], 'invalid_scope'],
  ['a resource with a slash', subject, ['shop/public.orders'], 'invalid_target'],
  ['a resource with a star', subject, ['shop', '*'], 'invalid_target'],
])('%s is refused', (_, parameters, targets, error) => {
  const question = read(parameters, targets);
  expect(question.ok ? 'none' : question.failure.error).toBe(error);
});
