import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ApiClient } from '@sallyport/api-client';
import { codeFlow } from './code-flow.js';
import { deviceFlow } from './device-flow.js';
import { loginToken } from './login-token.js';
import { OAuthServerFixture } from './oauth-server-fixture.js';
import { StoredLogins } from './stored-logins.js';

let server: OAuthServerFixture;
let client: ApiClient;
let data: string;

beforeEach(async () => {
  server = await OAuthServerFixture.start();
  client = new ApiClient({ baseUrl: server.url });
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-login-'));
});
afterEach(() => {
  client.close();
  server.stop();
  fs.rmSync(data, { recursive: true });
});

const sameMachine = () => new ApiClient({ baseUrl: server.url });
const flow = (browser: (url: string) => void, patienceMs = 2000) =>
  codeFlow({ api: server.url, client, patienceMs, show: browser });

test('a code is redeemed with the verifier that only this program knows', async () => {
  let page = '';
  const login = await flow((url) => {
    expect(new URL(url).searchParams.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    void fetch(server.authorize(url)).then(async (response) => (page = await response.text()));
  });
  expect(login).toMatchObject({ accessToken: expect.any(String), refreshToken: expect.any(String) });
  expect(login.expiresAt).toBeGreaterThan(Date.now() + 500_000);
  expect(page).toContain('signed in');
});

test('an answer with another state, or none, is not looked at', async () => {
  const statuses: number[] = [];
  await flow((url) => {
    void (async () => {
      const back = server.authorize(url);
      for (const state of ['guess', '']) {
        const forged = new URL(back);
        forged.searchParams.set('state', state);
        statuses.push((await fetch(forged)).status);
      }
      const twice = new URL(back);
      twice.searchParams.append('state', 'guess');
      statuses.push((await fetch(twice)).status, (await fetch(new URL('/favicon.ico', back))).status);
      await fetch(back);
    })();
  });
  expect(statuses).toEqual([404, 404, 404, 404]);
});

test('a refusal of the sign-in is told', async () => {
  const refused = flow((url) => {
    const back = server.authorize(url);
    back.searchParams.delete('code');
    back.searchParams.set('error', 'access_denied');
    void fetch(back);
  });
  await expect(refused).rejects.toMatchObject({ message: 'the sign-in failed: access_denied', exitCode: 3 });
});

test('nobody signing in ends it', async () => {
  await expect(flow(() => undefined, 100)).rejects.toThrow(/nobody signed in/);
});

test('a device code is asked for until somebody approves it, more slowly when told', async () => {
  server.devicePolls = ['authorization_pending', 'authorization_pending'];
  const shown: string[] = [];
  const login = await deviceFlow(client, ({ user_code }) => shown.push(user_code));
  expect(shown).toEqual(['ABCD-EFGH']);
  expect(login.accessToken).toBeTruthy();
  server.devicePolls = ['access_denied'];
  await expect(deviceFlow(client, () => undefined)).rejects.toMatchObject({ exitCode: 3 });
  server.devicePolls = ['expired_token'];
  await expect(deviceFlow(client, () => undefined)).rejects.toThrow(/before the code ended/);
  server.devicePolls = ['invalid_grant'];
  await expect(deviceFlow(client, () => undefined)).rejects.toMatchObject({ code: 'invalid_grant' });
});

test('a login is kept for its control plane alone, where only its owner reads it', async () => {
  const logins = new StoredLogins(data);
  logins.set(`${server.url}/path`, { accessToken: 'a', expiresAt: Date.now() + 600_000 });
  expect(logins.get(server.url)?.accessToken).toBe('a');
  expect(logins.get('https://elsewhere.example')).toBeUndefined();
  const other = new StoredLogins(data, 'riley');
  expect(other.get(server.url)).toBeUndefined();
  other.set(server.url, { accessToken: 'b', expiresAt: Date.now() + 600_000 });
  expect([logins.get(server.url)?.accessToken, other.get(server.url)?.accessToken]).toEqual(['a', 'b']);
  expect(fs.statSync(path.join(data, 'logins.json')).mode & 0o777).toBe(0o600);
  expect(await loginToken(logins, server.url, sameMachine)).toBe('a');
  expect(server.refreshes).toBe(0);
});

test('an access token near its end is renewed once, however many commands want it', async () => {
  const first = await deviceFlow(client, () => undefined);
  const logins = new StoredLogins(data);
  logins.set(server.url, { ...first, expiresAt: Date.now() + 1000 });
  const tokens = await Promise.all(
    Array.from({ length: 8 }, () => loginToken(new StoredLogins(data), server.url, sameMachine)),
  );
  expect(new Set(tokens).size).toBe(1);
  expect(tokens[0]).not.toBe(first.accessToken);
  expect(server.refreshes).toBe(1);
});

test('a login that has ended says so and is forgotten', async () => {
  const logins = new StoredLogins(data);
  logins.set(server.url, { accessToken: 'old', expiresAt: 0, refreshToken: 'withdrawn' });
  await expect(loginToken(logins, server.url, sameMachine)).rejects.toMatchObject({ exitCode: 3 });
  expect(logins.get(server.url)).toBeUndefined();
});

test('what is no login in the file counts as none', () => {
  for (const text of ['', '[]', 'null', '{"https://x": {"accessToken": 7}}', '{']) {
    fs.writeFileSync(path.join(data, 'logins.json'), text);
    expect(new StoredLogins(data).get('https://x')).toBeUndefined();
  }
});
