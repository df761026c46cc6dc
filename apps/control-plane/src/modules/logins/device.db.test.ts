import type { DevIssuer, BrowserPage } from '@sallyport/dev-issuer';
import { postForm, providerManifest, publicUrl, refresh, startIssuer, Visitor, whoami } from '../../testing/people.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
let issuer: DevIssuer;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  issuer = await startIssuer([{ sub: 'dana-1', name: '<b>Dana</b>' }]);
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [
      providerManifest('dev', issuer),
      { kind: 'User', name: 'dana', spec: { identities: [{ issuer: 'dev', subject: 'dana-1' }] } },
    ],
  });
  if (status !== 200) throw new Error(text);
}, 60_000);
beforeEach(async () => {
  await replica.database.query('DELETE FROM user_code_failures');
  await replica.database.query('DELETE FROM device_codes');
});
afterAll(async () => {
  await issuer.close();
  await installation.stop();
});

interface Codes {
  readonly device_code: string;
  readonly user_code: string;
}
const ask = async (): Promise<Codes> =>
  (await postForm(replica, '/oauth/device_authorization', { client_id: 'sallyport-cli' })).body as Codes;
const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
const poll = (code: string, client = 'sallyport-cli') =>
  postForm(replica, '/oauth/token', { grant_type: grantType, client_id: client, device_code: code });
/** As if the device had waited as long as it was told. */
const wait = () => replica.database.query(`UPDATE device_codes SET polled_at = polled_at - interval '1 minute'`);

function hidden(page: BrowserPage, name: string): string {
  const value = new RegExp(`name="${name}" value="([^"]*)"`).exec(page.text)?.[1];
  if (value === undefined) throw new Error(`no ${name} in ${page.text}`);
  return value;
}

/** One person at the page where codes are typed. */
class Typist {
  readonly visitor = new Visitor(replica);
  readonly browser = this.visitor.browser;

  async type(code: string): Promise<BrowserPage> {
    const form = await this.browser.get(`${replica.url}/oauth/device`);
    const fields = { user_code: code, form_key: hidden(form, 'form_key') };
    return this.browser.post(`${replica.url}/oauth/device`, fields, { origin: publicUrl });
  }

  /** From the offered providers to the question whether the device is theirs. */
  async prove(offer: BrowserPage): Promise<BrowserPage> {
    const link = /href="([^"]+)"/.exec(offer.text)![1]!.replaceAll('&#38;', '&');
    const page = await this.browser.signIn(await this.browser.get(`${replica.url}${link}`), 'dana-1');
    return this.visitor.come(page);
  }

  answer(page: BrowserPage, answer: 'allow' | 'deny', headers = { origin: publicUrl }): Promise<BrowserPage> {
    const fields = { flow: hidden(page, 'flow'), form_key: hidden(page, 'form_key'), answer };
    return this.browser.post(`${replica.url}/oauth/device/confirm`, fields, headers);
  }
}

test('a device is let in by somebody who says so at another machine', async () => {
  const codes = await ask();
  expect(codes).toMatchObject({
    user_code: expect.stringMatching(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/),
    verification_uri: `${publicUrl}/oauth/device`,
    verification_uri_complete: `${publicUrl}/oauth/device?user_code=${codes.user_code}`,
    interval: 5,
  });
  expect((await poll(codes.device_code)).body).toMatchObject({ error: 'authorization_pending' });
  const typist = new Typist();
  const question = await typist.prove(await typist.type(` ${codes.user_code.toLowerCase()} `));
  expect(question.text).toContain('127.0.0.1');
  expect(question.text).toContain('&#60;b&#62;Dana');
  await wait();
  expect((await poll(codes.device_code)).body).toMatchObject({ error: 'authorization_pending' });
  expect((await typist.answer(question, 'allow')).status).toBe(200);
  await wait();
  const { body } = await poll(codes.device_code);
  expect(await whoami(replica, body.access_token)).toMatchObject({ principal: 'User::dana' });
  expect((await refresh(replica, body.refresh_token)).status).toBe(200);
  await wait();
  expect((await poll(codes.device_code)).body).toMatchObject({ error: 'invalid_grant' });
  expect(await whoami(replica, body.access_token)).toBe(401);
});

test('denied is denied', async () => {
  const codes = await ask();
  const typist = new Typist();
  await typist.answer(await typist.prove(await typist.type(codes.user_code)), 'deny');
  expect((await poll(codes.device_code)).body).toMatchObject({ error: 'access_denied' });
});

test('whoever asks too often is told to slow down, and then to wait longer', async () => {
  const { device_code: code } = await ask();
  await poll(code);
  expect((await poll(code)).body).toMatchObject({ error: 'slow_down' });
  await replica.database.query(`UPDATE device_codes SET polled_at = polled_at - interval '7 seconds'`);
  expect((await poll(code)).body).toMatchObject({ error: 'slow_down' });
  await wait();
  expect((await poll(code)).body).toMatchObject({ error: 'authorization_pending' });
});

test('codes expire, and are of one client', async () => {
  const codes = await ask();
  expect((await poll(codes.device_code, 'sallyport-console')).body).toMatchObject({ error: 'invalid_grant' });
  await replica.database.query('UPDATE device_codes SET expires_at = now()');
  expect((await poll(codes.device_code)).body).toMatchObject({ error: 'expired_token' });
  expect((await new Typist().type(codes.user_code)).text).toContain('No device waits');
  const other = await postForm(replica, '/oauth/device_authorization', { client_id: 'sallyport-console' });
  expect(other.body).toMatchObject({ error: 'invalid_client' });
});

test('ID-21: five wrong codes from an address, and it may try no more, not even the right one', async () => {
  const codes = await ask();
  for (let attempt = 0; attempt < 5; attempt += 1) {
    expect((await new Typist().type('BBBB-BBBB')).text).toContain('No device waits');
  }
  expect((await new Typist().type(codes.user_code)).status).toBe(429);
  await replica.database.query(`UPDATE user_code_failures SET at = at - interval '10 minutes'`);
  expect((await new Typist().type(codes.user_code)).text).toContain('Where do you sign in?');
});

test('ID-21: codes are not guessable, and not many wait at once', async () => {
  const codes = await Promise.all(Array.from({ length: 20 }, ask));
  expect(new Set(codes.map(({ user_code: code }) => code)).size).toBe(20);
  const more = await postForm(replica, '/oauth/device_authorization', { client_id: 'sallyport-cli' });
  expect([more.status, more.body.error]).toEqual([429, 'slow_down']);
});

test('ID-21: no code rests in the database', async () => {
  const codes = await ask();
  const stored = JSON.stringify(await replica.database.query('SELECT * FROM device_codes'));
  expect(stored).not.toContain(codes.device_code);
  expect(stored).not.toContain(codes.user_code.replace('-', ''));
});

test('ID-22: a form of another site, or of another browser, does nothing', async () => {
  const codes = await ask();
  const typist = new Typist();
  const question = await typist.prove(await typist.type(codes.user_code));
  expect((await typist.answer(question, 'allow', { origin: 'https://attacker.example' })).status).toBe(403);
  const stranger = new Typist();
  await stranger.browser.get(`${replica.url}/oauth/device`);
  expect((await stranger.answer(question, 'allow')).status).toBe(403);
  const without = { flow: hidden(question, 'flow'), answer: 'allow' };
  const headers = { origin: publicUrl };
  expect((await typist.browser.post(`${replica.url}/oauth/device/confirm`, without, headers)).status).toBe(403);
  expect((await poll(codes.device_code)).body).toMatchObject({ error: 'authorization_pending' });
  expect((await typist.answer(question, 'allow')).status).toBe(200);
});

test('ID-22: what a link brings to the page is a code or nothing', async () => {
  const given = encodeURIComponent('"><script>alert(1)</script>');
  const { text } = await new Visitor(replica).browser.get(`${replica.url}/oauth/device?user_code=${given}`);
  expect(text).not.toContain('script');
  const codes = await ask();
  const page = await new Visitor(replica).browser.get(`${replica.url}/oauth/device?user_code=${codes.user_code}`);
  expect(page.text).toContain(`value="${codes.user_code}"`);
});
