import type { DevIssuer } from '@sallyport/dev-issuer';
import { DevBrowser } from '@sallyport/dev-issuer';
import { decodeJwt } from 'jose';
import { locationOf, providerManifest, refresh, startIssuer, Visitor, whoami } from '../../testing/people.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { SNAPSHOT_SOURCE, type SnapshotSource } from '../gateways/snapshot-source.js';

let installation: TestInstallation;
let replica: Replica;
let issuer: DevIssuer;
const people = [
  { sub: 'dana-1', name: 'Dana', email: 'dana@example.com', groups: ['engineers', 'on-call'] },
  { sub: 'Riley|2', name: 'Riley', groups: [] },
];

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  issuer = await startIssuer(people);
  await apply(
    providerManifest('dev', issuer),
    { kind: 'User', name: 'dana', spec: { identities: [{ issuer: 'dev', subject: 'dana-1' }] } },
    { kind: 'Group', name: 'eng', spec: { claims: [{ issuer: 'dev', claim: 'groups', equals: 'engineers' }] } },
    { kind: 'Group', name: 'staff', spec: { members: ['Group::eng'] } },
  );
}, 60_000);
afterAll(async () => {
  await issuer.close();
  await installation.stop();
});

async function apply(...body: object[]): Promise<void> {
  const { status, text } = await replica.call('PUT', '/v1/manifests', { body });
  if (status !== 200) throw new Error(text);
}
const snapshot = () => replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false }).build('local');

test('a known person signs in and is in the groups that their claims give', async () => {
  const before = (await snapshot()).revision;
  const visitor = new Visitor(replica);
  const answer = await visitor.signIn('dana-1');
  expect(answer.get('state')).toBe(visitor.state);
  expect(answer.get('iss')).toBe('https://sallyport.test');
  const { body } = await visitor.redeem(answer.get('code')!);
  expect(body).toMatchObject({
    token_type: 'Bearer',
    expires_in: expect.any(Number),
    refresh_token: expect.any(String),
  });
  expect(body.expires_in).toBeLessThanOrEqual(600);
  expect(await whoami(replica, body.access_token)).toMatchObject({ principal: 'User::dana', groups: ['eng', 'staff'] });
  const { sub, cid } = decodeJwt(body.access_token as string) as { sub: string; cid: string };
  expect(sub).toBe('User::dana');
  const { users, revision } = await snapshot();
  expect(revision).toBeGreaterThan(before);
  const { logins } = users.find(({ name }) => name === 'dana')!;
  expect(logins.map(({ id, groups }) => [`login:${id}`, groups])).toEqual([[cid, ['eng']]]);
});

test('somebody unknown becomes a user under a name that nobody chooses', async () => {
  const { access_token: token } = await new Visitor(replica).tokens('Riley|2');
  const { principal } = (await whoami(replica, token)) as { principal: string };
  expect(principal).toMatch(/^User::dev-riley-2-[0-9a-f]{10}$/);
  const { body } = await replica.call('GET', `/v1/users/${principal.slice('User::'.length)}`);
  expect(body).toMatchObject({
    identities: [{ issuer: 'dev', subject: 'Riley|2' }],
    displayName: 'Riley',
    email: null,
  });
  const again = await new Visitor(replica).tokens('Riley|2');
  expect(await whoami(replica, again.access_token)).toMatchObject({ principal });
});

test('ID-05: an e-mail address links nobody to an account', async () => {
  await apply({ kind: 'User', name: 'victim', spec: { email: 'victim@example.com' } });
  issuer.setUsers([...people, { sub: 'mallory-1', name: 'victim', email: 'victim@example.com' }]);
  const { access_token: token } = await new Visitor(replica).tokens('mallory-1');
  expect(await whoami(replica, token)).toMatchObject({ principal: expect.stringMatching(/^User::dev-mallory-1-/) });
  issuer.setUsers(people);
});

test('another replica can finish what one began', async () => {
  const other = await installation.replica({ SALLYPORT_WORKER: 'none' });
  const visitor = new Visitor(replica);
  const page = await visitor.atProvider('dana-1');
  const cookie = visitor.browser.cookie(replica.url, '__Host-sallyport-sign-in')!;
  const done = await fetch(locationOf(page).replace('https://sallyport.test', other.url), {
    redirect: 'manual',
    headers: { cookie: `__Host-sallyport-sign-in=${cookie}` },
  });
  expect(new URL(done.headers.get('location')!).searchParams.get('code')).toBeTruthy();
});

test('ID-05: a code works once; coming again it ends the login', async () => {
  const visitor = new Visitor(replica);
  const code = (await visitor.signIn('dana-1')).get('code')!;
  const first = await visitor.redeem(code);
  expect(first.status).toBe(200);
  expect((await visitor.redeem(code)).body).toMatchObject({ error: 'invalid_grant' });
  expect(await whoami(replica, first.body.access_token)).toBe(401);
  expect((await refresh(replica, first.body.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
});

test.each([
  ['another verifier', { code_verifier: 'x'.repeat(43) }],
  ['another redirect', { redirect_uri: 'http://127.0.0.1:49153/callback' }],
  ['another client', { client_id: 'sallyport-console' }],
])('ID-05: a code with %s is refused, and used up', async (_, changes) => {
  const visitor = new Visitor(replica);
  const code = (await visitor.signIn('dana-1')).get('code')!;
  expect((await visitor.redeem(code, changes)).body).toMatchObject({ error: 'invalid_grant' });
  expect((await visitor.redeem(code)).body).toMatchObject({ error: 'invalid_grant' });
});

test('a code does not live longer than a minute', async () => {
  const visitor = new Visitor(replica);
  const code = (await visitor.signIn('dana-1')).get('code')!;
  await replica.database.query(`UPDATE authorization_codes SET expires_at = expires_at - interval '60 seconds'`);
  expect((await visitor.redeem(code)).body).toMatchObject({ error: 'invalid_grant' });
});

test.each([
  ['no challenge', { code_challenge: null }],
  ['a plain challenge', { code_challenge_method: 'plain' }],
  ['no method', { code_challenge_method: null }],
  ['no state', { state: null }],
  ['a short state', { state: 'x' }],
  ['another response type', { response_type: 'token' }],
])('ID-05: a request with %s goes back with an error', async (_, changes) => {
  const visitor = new Visitor(replica);
  const page = await visitor.browser.get(visitor.authorizeUrl(changes));
  expect(locationOf(page)).toMatch(/^http:\/\/127\.0\.0\.1:49152\/callback\?/);
  expect(new URL(locationOf(page)).searchParams.get('error')).toMatch(/^(invalid_request|unsupported_response_type)$/);
});

test.each([
  'http://127.0.0.1:49152/callback/../other',
  'http://127.0.0.1:49152/callback?x=1',
  'http://127.0.0.1:49152@attacker.example/callback',
  'http://127.0.0.1.attacker.example:80/callback',
  'http://localhost:49152/callback',
  'https://127.0.0.1:49152/callback',
  'http://127.0.0.1:99999/callback',
  'https://attacker.example/callback',
  'https://sallyport.test/console/callback',
  'javascript:alert(1)',
])('ID-22: nobody is redirected to %s', async (uri) => {
  const visitor = new Visitor(replica);
  const page = await visitor.browser.get(visitor.authorizeUrl({ redirect_uri: uri }));
  expect([page.status, page.headers.get('location')]).toEqual([400, null]);
  expect(page.text).not.toContain(uri);
});

test('a parameter that comes twice is refused', async () => {
  const visitor = new Visitor(replica);
  const page = await visitor.browser.get(`${visitor.authorizeUrl()}&state=another-state`);
  expect([page.status, page.headers.get('location')]).toEqual([400, null]);
});

test('ID-05: each refresh token works once; a second use ends the login', async () => {
  const first = await new Visitor(replica).tokens('dana-1');
  const second = (await refresh(replica, first.refresh_token)).body;
  expect(second.refresh_token).not.toBe(first.refresh_token);
  expect(await whoami(replica, second.access_token)).toMatchObject({ principal: 'User::dana' });
  expect((await refresh(replica, first.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
  expect(await whoami(replica, second.access_token)).toBe(401);
  expect((await refresh(replica, second.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
});

test('ID-22: a sign-in begun in one browser is not finished in another (login CSRF)', async () => {
  const attacker = new Visitor(replica);
  const page = await attacker.atProvider('Riley|2');
  const stranger = await attacker.come(page, replica, new DevBrowser(['http://127.0.0.1:49152/']));
  expect(stranger.status).toBe(400);
  const victim = new Visitor(replica);
  await victim.browser.get(victim.authorizeUrl());
  expect((await victim.come(page)).status).toBe(400);
  const own = await attacker.come(page);
  expect(new URL(locationOf(own)).searchParams.get('code')).toBeTruthy();
});

test('ID-05: the answer of a provider counts once', async () => {
  const visitor = new Visitor(replica);
  const page = await visitor.atProvider('dana-1');
  expect((await visitor.come(page)).status).toBe(303);
  expect((await visitor.come(page)).status).toBe(400);
});

test('a sign-in takes ten minutes at most', async () => {
  const visitor = new Visitor(replica);
  const page = await visitor.atProvider('dana-1');
  await replica.database.query(`UPDATE login_flows SET expires_at = expires_at - interval '10 minutes'`);
  expect((await visitor.come(page)).status).toBe(400);
});

test('ID-22: pages run nothing, are framed nowhere, and say nothing of what they were given', async () => {
  const page = await fetch(`${replica.url}/oauth/authorize?client_id=%3Cscript%3Ealert(1)%3C/script%3E`);
  const text = await page.text();
  expect(text).not.toContain('<script');
  expect(text).not.toContain('alert(1)');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  expect(page.headers.get('referrer-policy')).toBe('no-referrer');
  expect(page.headers.get('cache-control')).toBe('no-store');
});

test('ID-22: the cookie is for this origin, for TLS, for no script, and for no other site to use', async () => {
  const answer = await fetch(new Visitor(replica).authorizeUrl(), { redirect: 'manual' });
  const [cookie] = answer.headers.getSetCookie();
  expect(cookie).toMatch(/^__Host-[^;]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
});

test('no secret of a sign-in rests in the database', async () => {
  const visitor = new Visitor(replica);
  const page = await visitor.atProvider('dana-1');
  const state = new URL(locationOf(page)).searchParams.get('state')!;
  const cookie = visitor.browser.cookie(replica.url, '__Host-sallyport-sign-in')!;
  const flows = JSON.stringify(await replica.database.query('SELECT * FROM login_flows'));
  const { access_token, refresh_token } = await new Visitor(replica).tokens('dana-1');
  const tokens = JSON.stringify(await replica.database.query('SELECT * FROM refresh_tokens, logins'));
  for (const secret of [state, cookie, access_token, refresh_token]) {
    expect(flows + tokens).not.toContain(secret);
  }
});
