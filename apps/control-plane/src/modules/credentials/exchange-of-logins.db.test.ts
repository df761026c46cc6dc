import type { DevIssuer } from '@sallyport/dev-issuer';
import { providerManifest, startIssuer, Visitor, whoami } from '../../testing/people.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { claimsOf, TokenRequests } from '../../testing/token-requests.js';

let installation: TestInstallation;
let replica: Replica;
let issuer: DevIssuer;
let tokens: TokenRequests;
let agentKey: string;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  issuer = await startIssuer([{ sub: 'dana-1', name: 'Dana' }]);
  tokens = new TokenRequests(replica);
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [
      providerManifest('dev', issuer),
      { kind: 'User', name: 'dana', spec: { identities: [{ issuer: 'dev', subject: 'dana-1' }] } },
      { kind: 'ServiceAccount', name: 'bot', spec: { owner: 'owner@example.com' } },
    ],
  });
  if (status !== 200) throw new Error(text);
  agentKey = (await replica.call('POST', '/v1/service-accounts/bot/keys', { body: {} })).body.key as string;
}, 60_000);
afterAll(async () => {
  await issuer.close();
  await installation.stop();
});

test('an agent acts for somebody who signed in, until the login ends', async () => {
  const login = await new Visitor(replica).tokens('dana-1');
  const actor = await tokens.ofKey(agentKey);
  const acting = await tokens.exchanged(login.access_token, { actor_token: actor });
  const { cid } = claimsOf(login.access_token);
  expect(claimsOf(acting)).toMatchObject({ sub: 'User::dana', cid, act: { sub: 'ServiceAccount::bot' } });
  expect(claimsOf(acting)['exp']).toBeLessThanOrEqual(claimsOf(login.access_token)['exp'] as number);
  expect(await whoami(replica, acting)).toMatchObject({ principal: 'Agent::bot' });
  // A refresh token is withdrawn with its whole login (RFC 7009 §2.1), and with that whatever stands on it.
  expect(await tokens.revoke(login.refresh_token)).toBe(200);
  for (const token of [login.access_token, acting]) expect(await whoami(replica, token)).toBe(401);
  expect((await tokens.exchange(acting)).body['error']).toBe('invalid_request');
});

test('ID-12: a narrowed login is not for this API, and the key of the agent ends what it does', async () => {
  const login = await new Visitor(replica).tokens('dana-1');
  const narrow = await tokens.exchanged(login.access_token, { audience: 'shop', scope: 'connect select' });
  expect(await whoami(replica, narrow)).toBe(401);
  expect(await whoami(replica, login.access_token)).toMatchObject({ principal: 'User::dana' });
  const acting = await tokens.exchanged(narrow, { actor_token: await tokens.ofKey(agentKey) });
  expect(claimsOf(acting)).toMatchObject({ res: ['shop'], acts: ['connect', 'select'] });
  const wide = await tokens.exchanged(login.access_token, { actor_token: await tokens.ofKey(agentKey) });
  await replica.call('DELETE', `/v1/service-accounts/bot/keys/${agentKey.split('_')[1]}`);
  expect(await whoami(replica, wide)).toBe(401);
  expect((await tokens.exchange(acting)).status).toBe(400);
});
