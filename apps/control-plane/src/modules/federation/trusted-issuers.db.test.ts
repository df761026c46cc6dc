import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { eventually } from '../../testing/eventually.js';
import { KeyServer } from '../../testing/key-server.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import type { SnapshotSource } from '../gateways/snapshot-source.js';
import { SNAPSHOT_SOURCE } from '../gateways/snapshot-source.js';
import { IssuerKeysQueue } from './issuer-keys.queue.js';

let installation: TestInstallation;
let replica: Replica;
let server: KeyServer;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  server = await KeyServer.start();
  await owned('ci');
}, 60_000);
afterAll(async () => {
  await installation.stop();
  await server.stop();
});

const owned = async (name: string) => {
  const { status } = await replica.call('POST', '/v1/service-accounts', { body: { name, owner: 'owner@example.com' } });
  expect(status).toBe(201);
};
const spec = (overrides: object = {}) => ({
  issuer: server.issuer,
  audience: 'sallyport',
  match: [{ claims: { sub: 'job-1' }, principal: 'ServiceAccount::ci' }],
  ...overrides,
});
const declare = (name: string, overrides: object = {}) =>
  replica.call('POST', '/v1/trusted-issuers', { body: { name, ...spec(overrides) } });
const remove = (name: string) => replica.call('DELETE', `/v1/trusted-issuers/${name}`);
const keyState = async (name: string) => (await replica.call('GET', `/v1/trusted-issuers/${name}/keys`)).body;
const fetched = (name: string) => eventually(async () => (await keyState(name)).fetchedAt !== null);
const failed = (name: string) => eventually(async () => (await keyState(name)).failure !== null);
const whoami = (as: string) => replica.call('GET', '/v1/whoami', { as });
const snapshot = (): Promise<PolicySnapshot> =>
  replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false }).build('local');
const inSnapshot = async (name: string) => (await snapshot()).trustedIssuers.find((issuer) => issuer.name === name);
const sweep = () => replica.app.get(IssuerKeysQueue, { strict: false }).sweep();
/** As if the last fetch had been so long ago. */
const age = (name: string, seconds: number) =>
  replica.database.query(
    `UPDATE issuer_keys SET fetched_at = fetched_at - $2 * interval '1 second', tried_at = tried_at - $2 * interval '1 second',
       valid_until = valid_until - $2 * interval '1 second', published_until = published_until - $2 * interval '1 second'
     WHERE name = $1`,
    [name, seconds],
  );

test('keys are fetched as soon as an issuer is declared, and reach the snapshot', async () => {
  const key = server.newKey('first');
  expect((await declare('made')).status).toBe(201);
  await fetched('made');
  const state = await keyState('made');
  expect(state).toMatchObject({
    source: 'fetched',
    keys: [{ id: 'first', type: 'EC', algorithm: 'ES256' }],
    failure: null,
  });
  const issuer = await inSnapshot('made');
  expect(issuer).toMatchObject({ issuer: server.issuer, audience: ['sallyport'], algorithms: ['RS256', 'ES256'] });
  expect(issuer?.jwks).toEqual([key.jwk]);
  expect(Date.parse(issuer!.keysValidUntil) - Date.now()).toBeGreaterThan(14 * 60_000);
  expect((await whoami(await server.sign(key))).body).toMatchObject({
    principal: 'ServiceAccount::ci',
    credentialId: expect.stringMatching(/^issuer:made:[0-9a-f]{16}$/),
  });
  await remove('made');
  expect((await whoami(await server.sign(key))).status).toBe(401);
});

test('ID-06: a key that left the set proves nobody after the next fetch, and one that came is known', async () => {
  const [old, other] = [server.newKey('old'), server.newKey('stays')];
  await declare('rotating');
  await fetched('rotating');
  const before = await snapshot();
  const token = await server.sign(old);
  expect((await whoami(token)).status).toBe(200);
  server.published = [other.jwk];
  const fresh = server.newKey('fresh');
  await age('rotating', 130);
  await sweep();
  expect((await whoami(token)).status).toBe(401);
  expect((await whoami(await server.sign(other))).status).toBe(200);
  expect((await whoami(await server.sign(fresh))).status).toBe(200);
  const after = await snapshot();
  expect(after.revision).toBeGreaterThan(before.revision);
  expect(after.trustedIssuers[0]?.jwks.map(({ kid }) => kid)).toEqual(['stays', 'fresh']);
  const { body } = await replica.call('GET', '/v1/audit?action=trustedIssuer.keysChanged');
  expect(body.items[0]).toMatchObject({ actor: 'system', target: 'TrustedIssuer::rotating' });
  await remove('rotating');
});

test('ID-06: an old set that is served again counts, as any set that the issuer serves', async () => {
  const [first, second] = [server.newKey('rolled-1', false), server.newKey('rolled-2', false)];
  server.published = [first.jwk];
  await declare('rolled');
  await fetched('rolled');
  for (const [now, before] of [[second, first] as const, [first, second] as const]) {
    server.published = [now.jwk];
    await age('rolled', 130);
    await sweep();
    expect((await whoami(await server.sign(now))).status).toBe(200);
    expect((await whoami(await server.sign(before))).status).toBe(401);
  }
  await remove('rolled');
});

test('ID-06: while the issuer is away its keys count for a quarter of an hour, and then no more', async () => {
  const key = server.newKey('lonely');
  await declare('away');
  await fetched('away');
  server.answers.set('/jwks', (_, response) => response.writeHead(503).end());
  const token = await server.sign(key);
  await age('away', 14 * 60);
  await sweep();
  expect((await keyState('away')).failure).toMatch('status 503');
  expect((await whoami(token)).status).toBe(200);
  await age('away', 2 * 60);
  // The gateway looks at the end by itself; the snapshot does not even carry the keys any more.
  expect(await inSnapshot('away')).toMatchObject({ jwks: [] });
  await replica.database.query('UPDATE policy_revision SET revision = revision + 1');
  expect((await whoami(token)).status).toBe(401);
  server.answers.clear();
  await age('away', 60);
  const { revision } = await snapshot();
  await sweep();
  expect((await snapshot()).revision).toBeGreaterThan(revision);
  expect((await whoami(token)).status).toBe(200);
  await remove('away');
});

test('a set that stays the same is not another revision until gateways need to hear of it', async () => {
  server.newKey('steady');
  await declare('steady');
  await fetched('steady');
  const { revision } = await snapshot();
  const end = async () => Date.parse((await inSnapshot('steady'))!.keysValidUntil);
  const before = await end();
  server.published.reverse();
  await age('steady', 120);
  await sweep();
  expect((await snapshot()).revision).toBe(revision);
  expect(await end()).toBeGreaterThan(before - 1_000);
  await replica.database.query(`UPDATE issuer_keys SET published_until = now() + interval '7 minutes'`);
  await age('steady', 120);
  await sweep();
  expect((await snapshot()).revision).toBe(revision + 1);
  await remove('steady');
});

test('ID-02: an unknown key is looked for once, however many tokens name one', async () => {
  server.newKey('known');
  await declare('asked');
  await fetched('asked');
  await age('asked', 40);
  const fetches = server.keyFetches;
  const late = server.newKey('late');
  const strangers = Array.from({ length: 20 }, (_, n) => server.newKey(`unknown-${n}`, false));
  const tokens = await Promise.all([late, ...strangers].map((key) => server.sign(key)));
  const second = await installation.replica();
  const answers = await Promise.all(
    tokens.map((as, n) => (n % 2 ? second : replica).call('GET', '/v1/whoami', { as })),
  );
  expect(answers.slice(1).map(({ status }) => status)).toEqual(strangers.map(() => 401));
  await eventually(async () => (await whoami(tokens[0]!)).status === 200);
  for (const as of tokens.slice(1, 5)) await whoami(as);
  expect(server.keyFetches - fetches).toBe(1);
  await remove('asked');
});

test('ID-02: a kid is a name and nothing more', async () => {
  const key = server.newKey('plain');
  await declare('kids');
  await fetched('kids');
  for (const kid of ['__proto__', 'constructor', "' OR 1=1 --", '../../etc/passwd', '']) {
    expect((await whoami(await server.sign(key, {}, { kid }))).status).toBe(401);
  }
  const stranger = server.newKey('plain', false);
  const forged = await server.sign(stranger, {}, { jwk: stranger.jwk, jku: `${server.issuer}/jwks`, kid: 'plain' });
  expect((await whoami(forged)).status).toBe(401);
  await remove('kids');
});

test.each([
  [
    'another issuer',
    () => ({ issuer: 'https://issuer.example', jwks_uri: `${server.issuer}/jwks` }),
    "another issuer's",
  ],
  [
    'the issuer with a slash',
    () => ({ issuer: `${server.issuer}/`, jwks_uri: `${server.issuer}/jwks` }),
    "another issuer's",
  ],
  [
    'a tenant to fill in',
    () => ({ issuer: `${server.issuer}/{tenantid}`, jwks_uri: `${server.issuer}/jwks` }),
    "another issuer's",
  ],
  ['keys over http elsewhere', () => ({ issuer: server.issuer, jwks_uri: 'http://10.0.0.1/jwks' }), 'not https'],
  ['keys in a file', () => ({ issuer: server.issuer, jwks_uri: 'file:///etc/passwd' }), 'not https'],
  [
    'keys at the metadata service',
    () => ({ issuer: server.issuer, jwks_uri: 'https://169.254.169.254/' }),
    'no issuer may be',
  ],
  ['nothing', () => ({}), 'no discovery document'],
])('ID-04: a discovery document with %s counts for nothing', async (_, document, failure) => {
  const key = server.newKey('unseen');
  server.answers.set('/.well-known/openid-configuration', (_request, response) =>
    response.end(JSON.stringify(document())),
  );
  await declare('mixed');
  await failed('mixed');
  expect((await keyState('mixed')).failure).toMatch(failure);
  expect(await inSnapshot('mixed')).toMatchObject({ jwks: [] });
  expect((await whoami(await server.sign(key))).status).toBe(401);
  server.answers.clear();
  await remove('mixed');
});

test('ID-04: keys of the old place do not count for the new one', async () => {
  const key = server.newKey('moved');
  await declare('moved');
  await fetched('moved');
  server.answers.set('/elsewhere', (_, response) => response.writeHead(404).end());
  const moved = spec({ jwksUri: `${server.issuer}/elsewhere` });
  expect((await replica.call('PUT', '/v1/trusted-issuers/moved', { body: moved })).status).toBe(200);
  expect(await inSnapshot('moved')).toMatchObject({ jwks: [] });
  expect((await whoami(await server.sign(key))).status).toBe(401);
  server.answers.clear();
  await remove('moved');
});

test('a published private key counts for nothing', async () => {
  const key = server.newKey('leaked', false);
  server.published.push({ ...key.privateKey.export({ format: 'jwk' }), kid: 'leaked', alg: 'ES256' });
  await declare('leaking');
  await fetched('leaking');
  expect((await keyState('leaking')).keys.map(({ id }: { id: string }) => id)).not.toContain('leaked');
  expect((await whoami(await server.sign(key))).status).toBe(401);
  server.published.pop();
  await remove('leaking');
});

test('keys that are declared need no fetch and have no end', async () => {
  const key = server.newKey('declared', false);
  const fetches = server.requests.length;
  await declare('inline', { jwks: { keys: [key.jwk] } });
  await sweep();
  expect((await whoami(await server.sign(key))).status).toBe(200);
  expect(await keyState('inline')).toMatchObject({ source: 'declared', keys: [{ id: 'declared' }], validUntil: null });
  expect((await inSnapshot('inline'))?.keysValidUntil).toMatch(/^9999-/);
  expect(server.requests.length).toBe(fetches);
  await remove('inline');
});

test.each([
  ['http on the network', { issuer: 'http://issuer.example' }],
  ['a tenant to fill in', { preset: 'azure', issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }],
  ['a private key', { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'c' }] } }],
  ['keys in two places', { jwks: { keys: [{ kty: 'EC' }] }, jwksUri: 'https://issuer.example/jwks' }],
  ['a preset that nobody knows', { preset: 'jenkins' }],
  ['a rule that every token fits', { match: [{ claims: { sub: { like: '*' } }, principal: 'ServiceAccount::ci' }] }],
  ['an agent as principal', { match: [{ claims: { sub: 'x' }, principal: 'Agent::ci' }] }],
])('ID-04: an issuer with %s is not declared', async (_, overrides) => {
  const { status, body } = await declare('wrong', overrides);
  expect([status, body.code]).toEqual([422, 'invalid-request']);
});

test('two issuers of one URL and audience are not declared', async () => {
  await declare('one');
  const { status, body } = await declare('two', { audience: ['other', 'sallyport'] });
  expect([status, body.errors[0].path]).toEqual([422, 'audience']);
  expect((await declare('two', { audience: 'other' })).status).toBe(201);
  await remove('one');
  await remove('two');
});
