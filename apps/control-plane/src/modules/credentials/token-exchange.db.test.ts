import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { eventually } from '../../testing/eventually.js';
import { KeyServer } from '../../testing/key-server.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { claimsOf, TokenRequests } from '../../testing/token-requests.js';
import { tokenRefusals } from '../federation/federation.metrics.js';
import type { SnapshotSource } from '../gateways/snapshot-source.js';
import { SNAPSHOT_SOURCE } from '../gateways/snapshot-source.js';

let installation: TestInstallation;
let replica: Replica;
let server: KeyServer;
let tokens: TokenRequests;
let signingKey: ReturnType<KeyServer['newKey']>;
let ci: string;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  tokens = new TokenRequests(replica);
  server = await KeyServer.start();
  signingKey = server.newKey('signing');
  const spec = {
    ...{ issuer: server.issuer, audience: 'sallyport', jwks: { keys: [signingKey.jwk] } },
    match: [
      { claims: { role: 'job' }, principal: 'ServiceAccount::job' },
      { claims: { role: 'person' }, principal: 'User' },
    ],
  };
  const account = { owner: 'owner@example.com' };
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [
      { kind: 'TrustedIssuer', name: 'ci', spec },
      { kind: 'ServiceAccount', name: 'job', spec: account },
      { kind: 'ServiceAccount', name: 'bot', spec: { ...account, groups: ['bots'] } },
      { kind: 'User', name: 'dana', spec: { identities: [{ issuer: 'ci', subject: 'dana-1' }] } },
      { kind: 'Group', name: 'deployers', spec: { claims: [{ issuer: 'ci', claim: 'teams', equals: 'deploy' }] } },
      { kind: 'Group', name: 'everybody', spec: { members: ['Group::deployers'] } },
      { kind: 'Group', name: 'assistants', spec: { members: ['Agent::bot'] } },
    ],
  });
  if (status !== 200) throw new Error(text);
  ci = (await replica.call('POST', '/v1/service-accounts/bot/keys', { body: {} })).body.key as string;
}, 60_000);
afterAll(async () => {
  await installation.stop();
  await server.stop();
});

const jwt = 'urn:ietf:params:oauth:token-type:jwt';
const job = (claims: object = {}) => server.sign(signingKey, { sub: 'job-7', role: 'job', ...claims });
const dana = (claims: object = {}) => server.sign(signingKey, { sub: 'dana-1', role: 'person', ...claims });
const bot = () => tokens.ofKey(ci);
const whoami = (as: string) => replica.call('GET', '/v1/whoami', { as });
const snapshot = (): Promise<PolicySnapshot> =>
  replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false }).build('local');
const idOf = (token: string) => claimsOf(token)['jti'] as string;

test("a trusted issuer's token becomes one of ours, with the groups that its claims give", async () => {
  const { status, body } = await tokens.exchange(await job({ teams: ['build', 'deploy'] }), {
    subject_token_type: jwt,
  });
  expect([status, body]).toEqual([
    200,
    {
      access_token: expect.any(String),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: expect.any(Number),
    },
  ]);
  const claims = claimsOf(body['access_token']);
  expect(claims).toMatchObject({
    ...{ sub: 'ServiceAccount::job', aud: 'sallyport', cid: expect.stringMatching(/^exchange:[0-9a-f-]{36}$/) },
    fed: { iss: 'ci', sub: 'job-7', groups: ['deployers'] },
  });
  // The issuer's token has five minutes left.
  expect(body['expires_in']).toBeLessThanOrEqual(300);
  expect((await whoami(body['access_token'] as string)).body).toMatchObject({
    principal: 'ServiceAccount::job',
    groups: ['deployers', 'everybody'],
    credentialId: claims['cid'],
  });
  const { items } = (await replica.call('GET', '/v1/audit?action=token.exchanged')).body;
  expect(items[0]).toMatchObject({ actor: 'ServiceAccount::job', target: 'ServiceAccount::job' });
  expect(JSON.stringify(items)).not.toContain('eyJ');
});

test('ID-08: it stands while the issuer would still prove the same one, and a group that no longer asks for the claim is lost', async () => {
  const token = await tokens.exchanged(await job({ teams: 'deploy' }), { subject_token_type: jwt });
  await replica.call('PUT', '/v1/groups/deployers', { body: { claims: [] } });
  expect((await whoami(token)).body.groups).toEqual([]);
  const { body: issuer } = await replica.call('GET', '/v1/trusted-issuers/ci');
  const { name: _, version: _1, createdAt: _2, updatedAt: _3, ...spec } = issuer;
  const put = (match: unknown) => replica.call('PUT', '/v1/trusted-issuers/ci', { body: { ...spec, match } });
  await put(spec.match.slice(1));
  expect((await whoami(token)).status).toBe(401);
  await put(spec.match);
  expect((await whoami(token)).status).toBe(200);
  await replica.call('PATCH', '/v1/service-accounts/job', { body: { disabled: true } });
  expect((await whoami(token)).status).toBe(401);
  await replica.call('PATCH', '/v1/service-accounts/job', { body: { disabled: false } });
  const claims = [{ issuer: 'ci', claim: 'teams', equals: 'deploy' }];
  await replica.call('PUT', '/v1/groups/deployers', { body: { claims } });
});

test('an agent acts for a person: both are in the token, and both are asked', async () => {
  const person = await dana({ teams: 'deploy' });
  const acting = await tokens.exchanged(person, { subject_token_type: jwt, actor_token: await bot() });
  expect(claimsOf(acting)).toMatchObject({
    sub: 'User::dana',
    act: { sub: 'ServiceAccount::bot', cid: ci.split('_')[1] },
    client_id: 'bot',
  });
  expect((await whoami(acting)).body).toMatchObject({ principal: 'Agent::bot', groups: ['assistants', 'bots'] });
  await replica.call('PATCH', '/v1/users/dana', { body: { disabled: true } });
  expect((await whoami(acting)).status).toBe(401);
  await replica.call('PATCH', '/v1/users/dana', { body: { disabled: false } });
  expect((await whoami(acting)).status).toBe(200);
  await replica.call('PATCH', '/v1/service-accounts/bot', { body: { disabled: true } });
  expect((await whoami(acting)).status).toBe(401);
  await replica.call('PATCH', '/v1/service-accounts/bot', { body: { disabled: false } });
});

test("an agent may come by a trusted issuer's token too", async () => {
  const acting = await tokens.exchanged(await dana(), { actor_token: await job() });
  const again = await tokens.exchanged(await dana(), { actor_token: await tokens.exchanged(await job()) });
  for (const token of [acting, again]) {
    expect(claimsOf(token)['act']).toEqual({
      sub: 'ServiceAccount::job',
      cid: expect.stringMatching(/^issuer:ci:[0-9a-f]{16}$/),
    });
    expect((await whoami(token)).body.principal).toBe('Agent::job');
  }
});

test('ID-12: a narrowed token makes narrower ones, keeps its limits when none are asked, and is not for this API', async () => {
  const narrow = await tokens.exchanged(await bot(), { resource: 'shop', audience: 'crm', scope: 'connect select' });
  expect(claimsOf(narrow)).toMatchObject({ res: ['shop', 'crm'], acts: ['connect', 'select'] });
  expect(claimsOf(narrow)['cid']).toBe(ci.split('_')[1]);
  expect((await whoami(narrow)).status).toBe(401);
  const narrower = await tokens.exchanged(narrow, { audience: 'shop' });
  expect(claimsOf(narrower)).toMatchObject({ res: ['shop'], acts: ['connect', 'select'] });
  const acting = await tokens.exchanged(await dana(), { actor_token: narrow });
  expect(claimsOf(acting)).toMatchObject({ res: ['shop', 'crm'], acts: ['connect', 'select'] });
  for (const [more, error] of [
    [{ audience: 'erp' }, 'invalid_target'],
    [{ audience: 'crm' }, 'none'],
    [{ scope: 'connect insert' }, 'invalid_scope'],
    [{ scope: 'select' }, 'none'],
  ] as const) {
    expect((await tokens.exchange(narrow, more)).body['error'] ?? 'none').toBe(error);
  }
  expect((await tokens.exchange(narrower, { audience: 'crm' })).body['error']).toBe('invalid_target');
  const refused = (await replica.call('GET', '/v1/audit?action=token.exchangeRefused')).body.items;
  expect(refused[0]).toMatchObject({ actor: 'ServiceAccount::bot', detail: { reason: 'wider-resources' } });
});

test('ID-12: an exchange never lengthens a life', async () => {
  const now = Math.floor(Date.now() / 1000);
  const short = await tokens.exchanged(await job({ exp: now + 60 }));
  expect(claimsOf(short)['exp']).toBeLessThanOrEqual(now + 61);
  const again = await tokens.exchanged(short);
  expect(claimsOf(again)['exp']).toBeLessThanOrEqual(claimsOf(short)['exp'] as number);
  const long = await tokens.exchanged(await job({ exp: now + 7200 }));
  expect(claimsOf(long)['exp']).toBeLessThanOrEqual(now + 902);
  const acting = await tokens.exchanged(await dana({ exp: now + 7200 }), { actor_token: short });
  expect(claimsOf(acting)['exp']).toBeLessThanOrEqual(claimsOf(short)['exp'] as number);
});

const hostile: [string, () => Promise<Record<string, string>>][] = [
  ['a chain of actors', async () => ({ subject_token: await acting(), actor_token: await job() })],
  ['an agent as actor', async () => ({ subject_token: await dana(), actor_token: await acting() })],
  ['a person as actor', async () => ({ subject_token: await dana(), actor_token: await dana() })],
  ['an account for a person', async () => ({ subject_token: await job(), actor_token: await bot() })],
  ['ID-05: an ID token of a browser client', async () => ({ subject_token: await dana({ nonce: 'n' }) })],
  ['ID-05: a token of ours as ID token', async () => ({ subject_token: await bot(), subject_token_type: idToken })],
  ['ID-05: a token for somebody else', async () => ({ subject_token: await job({ aud: 'another' }) })],
  ['ID-04: another issuer', async () => ({ subject_token: await job({ iss: `${server.issuer}/` }) })],
  ['ID-01: no signature', async () => ({ subject_token: unsigned(await job()) })],
  ['a person whom nobody knows', async () => ({ subject_token: await dana({ sub: 'stranger' }) })],
  ['a token that no rule fits', async () => ({ subject_token: await job({ role: 'other' }) })],
  ['an expired token', async () => ({ subject_token: await job({ iat: 1_700_000_000, exp: 1_700_000_300 }) })],
  [
    'ID-06: a token of the future',
    async () => ({ subject_token: await job({ iat: Math.floor(Date.now() / 1000) + 300 }) }),
  ],
  ['a key', async () => ({ subject_token: ci })],
  ['nothing that is a token', async () => ({ subject_token: 'x' })],
];
const idToken = 'urn:ietf:params:oauth:token-type:id_token';
const acting = async () => tokens.exchanged(await dana(), { actor_token: await bot() });
function unsigned(token: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
  return `${header}.${token.split('.')[1]}.`;
}

test.each(hostile)('%s is not exchanged, and nobody learns why', async (_, form) => {
  const { subject_token: subject, ...more } = await form();
  const { status, body } = await tokens.exchange(subject!, more);
  expect([status, body]).toEqual([
    400,
    { error: 'invalid_request', error_description: 'The tokens are not accepted.' },
  ]);
});

test('refusals are counted by their reason', async () => {
  const count = async () => {
    const { values } = await tokenRefusals.get();
    return values.find(({ labels }) => labels.where === 'exchange' && labels.reason === 'no-rule')?.value ?? 0;
  };
  const before = await count();
  await tokens.exchange(await job({ role: 'other' }));
  expect(await count()).toBe(before + 1);
});

test('ID-07: a token in the address is not looked at', async () => {
  const query = new URLSearchParams({ grant_type: 'client_credentials', client_secret: ci });
  expect((await tokens.post(`/oauth/token?${query}`, {})).body['error']).toBe('invalid_request');
  expect((await replica.call('GET', `/v1/whoami?access_token=${await bot()}`, { as: null })).status).toBe(401);
});

test('a client that names itself must prove it', async () => {
  const subject = await bot();
  expect((await tokens.exchange(subject, { client_id: 'bot', client_secret: ci })).status).toBe(200);
  for (const client of [
    { client_id: 'job', client_secret: ci },
    { client_id: 'bot', client_secret: `${ci}x` },
  ]) {
    const { status, body } = await tokens.exchange(subject, client);
    expect([status, body['error']]).toEqual([401, 'invalid_client']);
  }
});

test('a withdrawn token proves nobody, nor does any that was made from it, and gateways hear of them all', async () => {
  const pushed: unknown[] = [];
  replica.app.get<EventBus>(EVENT_BUS, { strict: false }).subscribe('identity.revoked', (event) => pushed.push(event));
  const first = await tokens.exchanged(await job());
  const second = await tokens.exchanged(first, { audience: 'shop' });
  const third = await tokens.exchanged(second, { scope: 'select' });
  const asActor = await tokens.exchanged(await dana(), { actor_token: first });
  const other = await tokens.exchanged(await job());
  const { revision } = await snapshot();
  expect(await tokens.revoke(first)).toBe(200);
  const after = await snapshot();
  expect(after.revision).toBe(revision + 1);
  expect(after.revokedTokens).toEqual(expect.arrayContaining([first, second, third, asActor].map(idOf)));
  expect(after.revokedTokens).not.toContain(idOf(other));
  for (const token of [first, asActor]) expect((await whoami(token)).status).toBe(401);
  for (const token of [first, second, third]) expect((await tokens.exchange(token)).status).toBe(400);
  expect((await whoami(other)).status).toBe(200);
  await eventually(() => pushed.length > 0);
  expect(pushed).toEqual([
    { principal: 'ServiceAccount::job', credentialId: claimsOf(first)['cid'], revision: expect.any(Number) },
  ]);
  expect(await tokens.revoke(first)).toBe(200);
  expect((await snapshot()).revision).toBe(after.revision);
});

test('whoever holds a token that was made from another cuts no session of the other', async () => {
  const pushed: unknown[] = [];
  replica.app.get<EventBus>(EVENT_BUS, { strict: false }).subscribe('identity.revoked', (event) => pushed.push(event));
  const parent = await tokens.exchanged(await dana());
  const narrow = await tokens.exchanged(parent, { audience: 'shop' });
  const acting = await tokens.exchanged(parent, { actor_token: await bot() });
  for (const token of [narrow, acting]) expect(await tokens.revoke(token)).toBe(200);
  const after = await snapshot();
  expect(after.revokedTokens).toEqual(expect.arrayContaining([narrow, acting].map(idOf)));
  expect((await whoami(parent)).status).toBe(200);
  expect(await tokens.revoke(parent)).toBe(200);
  await eventually(() => pushed.length > 0);
  // Events come in order: that of the parent is the first.
  expect(pushed).toEqual([
    { principal: 'User::dana', credentialId: claimsOf(parent)['cid'], revision: expect.any(Number) },
  ]);
});

test('no token is made from one that is being withdrawn', async () => {
  for (let round = 0; round < 5; round += 1) {
    const parent = await tokens.exchanged(await job());
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 6 }, () => tokens.exchange(parent))),
      tokens.revoke(parent),
    ]);
    for (const { status, body } of answers) {
      if (status === 200) expect((await whoami(body['access_token'] as string)).status).toBe(401);
    }
  }
});

test('only the one token of a key is withdrawn, and a key is not', async () => {
  const [one, other] = [await bot(), await bot()];
  expect(await tokens.revoke(one)).toBe(200);
  expect([(await whoami(one)).status, (await whoami(other)).status]).toEqual([401, 200]);
  const { status, body } = await tokens.post('/oauth/revoke', { token: ci });
  expect([status, body['error']]).toEqual([400, 'unsupported_token_type']);
  expect((await whoami(ci)).status).toBe(200);
  for (const token of ['x', unsigned(other)]) expect(await tokens.revoke(token)).toBe(200);
  expect((await whoami(other)).status).toBe(200);
});
