import type { DevIssuer } from '@sallyport/dev-issuer';
import { providerManifest, providerSecret, startIssuer, Visitor, whoami } from '../../testing/people.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
let east: DevIssuer;
let west: DevIssuer;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  east = await startIssuer([{ sub: 'same-1', name: 'Somebody in the east' }]);
  west = await startIssuer([{ sub: 'same-1', name: 'Somebody in the west' }], { claimsInIdToken: false });
}, 60_000);
afterAll(async () => {
  await Promise.all([east.close(), west.close()]);
  await installation.stop();
});

const apply = (...body: object[]) => replica.call('PUT', '/v1/manifests', { body });
const spec = (issuer: string, more: object = {}) => ({ protocol: 'oidc', issuer, clientId: 'sallyport', ...more });

test('with none, nobody signs in', async () => {
  const visitor = new Visitor(replica);
  expect((await visitor.browser.get(visitor.authorizeUrl())).status).toBe(404);
});

test('a provider is declared, read and deleted like any object, and its secret is never shown', async () => {
  const body = { name: 'east', ...spec(east.issuer, { clientSecret: { value: providerSecret } }) };
  const made = await replica.call('POST', '/v1/identity-providers', { body });
  expect([made.status, made.body.loginSeconds]).toEqual([201, 12 * 3600]);
  for (const path of ['/v1/identity-providers', '/v1/identity-providers/east', '/v1/audit']) {
    const { status, text } = await replica.call('GET', path);
    expect([path, status, text.includes(providerSecret)]).toEqual([path, 200, false]);
  }
  const stored = JSON.stringify(await replica.database.query(`SELECT * FROM secrets, objects`));
  expect(stored).not.toContain(providerSecret);
});

test('whoever moves a provider elsewhere must know its secret', async () => {
  const moved = { kind: 'IdentityProvider', name: 'east', spec: spec('https://attacker.example') };
  const refused = await apply(moved);
  expect([refused.status, refused.text.includes('must be given again')]).toEqual([422, true]);
  expect((await apply({ ...moved, spec: spec(east.issuer, { loginSeconds: 60 }) })).status).toBe(200);
  const { access_token: token } = await new Visitor(replica).tokens('same-1');
  expect(await whoami(replica, token)).toMatchObject({ principal: expect.stringMatching(/^User::east-same-1-/) });
});

test('a login lasts as long as its provider says', async () => {
  const [{ seconds }] = await replica.database.query(
    `SELECT extract(epoch FROM expires_at - created_at)::integer AS seconds FROM logins`,
  );
  expect(seconds).toBeGreaterThan(50);
  expect(seconds).toBeLessThanOrEqual(61);
});

test('with several, a person chooses; the same subject elsewhere is somebody else', async () => {
  expect((await apply(providerManifest('west', west))).status).toBe(200);
  const visitor = new Visitor(replica);
  const page = await visitor.browser.get(visitor.authorizeUrl());
  expect(page.status).toBe(200);
  const links = [...page.text.matchAll(/href="([^"]+)">(\w+)</g)].map(([, href, name]) => [name, href]);
  expect(links.map(([name]) => name)).toEqual(['east', 'west']);
  const chosen = links[1]![1]!.replaceAll('&#38;', '&');
  const back = await visitor.come(
    await visitor.browser.signIn(await visitor.browser.get(replica.url + chosen), 'same-1'),
  );
  const code = new URL(back.headers.get('location')!).searchParams.get('code')!;
  const { body } = await visitor.redeem(code);
  expect(await whoami(replica, body.access_token)).toMatchObject({
    principal: expect.stringMatching(/^User::west-same-1-/),
  });
});

test('claims that only the userinfo endpoint tells count too', async () => {
  const { body } = await replica.call('GET', '/v1/users');
  const names = (body.items as { displayName: string }[]).map(({ displayName }) => displayName);
  expect(names.sort()).toEqual(['Somebody in the east', 'Somebody in the west']);
});

test('ID-05: no two users share an identity', async () => {
  const identities = [{ issuer: 'east', subject: 'same-1' }];
  const { status, text } = await replica.call('POST', '/v1/users', { body: { name: 'thief', identities } });
  expect([status, text.includes('is the identity of User')]).toEqual([422, true]);
});

test.each([
  'http://login.example',
  'https://login.example?tenant=x',
  'ftp://login.example',
  'https://u:p@login.example',
])('ID-04: %s is no issuer', async (issuer) => {
  const { status } = await replica.call('POST', '/v1/identity-providers', { body: { name: 'x', ...spec(issuer) } });
  expect(status).toBe(422);
});

test.each(['https://169.254.169.254', 'https://[fe80::1]', 'https://0.0.0.0'])(
  'ID-04: nobody is sent to %s, and we do not ask there',
  async (issuer) => {
    expect((await apply({ kind: 'IdentityProvider', name: 'inside', spec: spec(issuer) })).status).toBe(200);
    const visitor = new Visitor(replica);
    const page = await visitor.browser.get(visitor.authorizeUrl({ provider: 'inside' }));
    expect([page.status, page.text.includes('169.254')]).toEqual([502, false]);
  },
);
