import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import type { FlowRequest } from './login-flows.js';
import { LoginFlows } from './login-flows.js';
import { hashText, newSecretText } from './secret-text.js';

let installation: TestInstallation;
let replica: Replica;
let flows: LoginFlows;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  flows = replica.app.get(LoginFlows, { strict: false });
  const spec = {
    ...{ protocol: 'saml', entryPoint: 'https://login.example/sso', entityId: 'https://login.example' },
    certificates: ['a certificate'],
  };
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [{ kind: 'IdentityProvider', name: 'corp', spec }],
  });
  if (status !== 200) throw new Error(text);
}, 60_000);
afterAll(() => installation.stop());

const request: FlowRequest = {
  ...{ kind: 'client', clientId: 'sallyport-cli', redirectUri: 'http://127.0.0.1:49152/callback' },
  ...{ state: 'a-state-of-the-client', codeChallenge: 'c'.repeat(43) },
};
const identity = { provider: 'corp', subject: 'name-id-1', claims: {} };
const newBrowser = () => {
  const secret = newSecretText();
  return { secret, hash: hashText(secret) };
};
const finish = (handle: string, { secret }: { secret: string }) =>
  replica.call('GET', `/auth/finish?flow=${handle}`, {
    as: null,
    headers: { cookie: `__Host-sallyport-sign-in=${secret}` },
  });

test('what a provider posted without our cookie waits for the browser that began, and counts once', async () => {
  const browser = newBrowser();
  const handle = (await flows.begin(browser, request, 'corp'))!;
  expect(await flows.awaits(handle, 'corp', browser)).toBe(true);
  const next = (await flows.prove(handle, identity))!;
  expect((await finish(handle, browser)).status).toBe(400);
  expect((await finish(next, newBrowser())).status).toBe(400);
  const done = await finish(next, browser);
  expect(done.status).toBe(303);
  const location = new URL(done.headers.get('location')!);
  expect(location.searchParams.get('state')).toBe('a-state-of-the-client');
  expect(location.searchParams.get('code')).toBeTruthy();
  expect((await finish(next, browser)).status).toBe(400);
});

test('nobody finishes what nobody was proved in', async () => {
  const browser = newBrowser();
  const handle = (await flows.begin(browser, request, 'corp'))!;
  const { searchParams } = new URL((await finish(handle, browser)).headers.get('location')!);
  expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['access_denied', null]);
});

test('a flow is proved by its own provider, once, in time', async () => {
  const browser = newBrowser();
  const handle = (await flows.begin(browser, request, 'corp'))!;
  expect(await flows.prove(handle, { ...identity, provider: 'other' })).toBeUndefined();
  expect(await flows.awaits(handle, 'other', browser)).toBe(false);
  expect(await flows.awaits(handle, 'corp', newBrowser())).toBe(false);
  const both = await Promise.all([flows.prove(handle, identity), flows.prove(handle, identity)]);
  expect(both.filter((next) => next !== undefined)).toHaveLength(1);
  const late = (await flows.begin(browser, request, 'corp'))!;
  await replica.database.query('UPDATE login_flows SET expires_at = now()');
  expect(await flows.prove(late, identity)).toBeUndefined();
});

const fill = (proved: string | null) =>
  replica.database.query(
    `INSERT INTO login_flows (handle_hash, browser_hash, request, proved, expires_at)
     SELECT encode(sha256(n::text::bytea), 'hex'), repeat('0', 64), '{}', $1, now() + n * interval '1 millisecond' + interval '1 minute'
     FROM generate_series(1, 10000) AS n`,
    [proved],
  );
const count = async (): Promise<number> =>
  (await replica.database.query('SELECT count(*)::integer AS count FROM login_flows'))[0].count as number;

test('strangers who begin flows without end keep nobody from signing in', async () => {
  await replica.database.query('DELETE FROM login_flows');
  await fill(null);
  const browser = newBrowser();
  const handle = (await flows.begin(browser, request, 'corp'))!;
  expect(await count()).toBe(10_000);
  expect((await finish((await flows.prove(handle, identity))!, browser)).status).toBe(303);
});

test('there is an end to how many can be under way', async () => {
  await replica.database.query('DELETE FROM login_flows');
  await fill('{}');
  expect(await flows.begin(newBrowser(), request, 'corp')).toBeUndefined();
  await replica.database.query('DELETE FROM login_flows');
  expect(await flows.begin(newBrowser(), request, 'corp')).toBeDefined();
});
