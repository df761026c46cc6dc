import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { DevBrowser, startDevIssuer, type DevIssuer } from './index.js';

const callback = 'http://127.0.0.1:1/callback';
const verifier = 'v'.repeat(43);
let issuer: DevIssuer;

beforeAll(async () => {
  issuer = await startDevIssuer({
    users: [{ sub: 'u-1', name: 'Dana', email: 'dana@example.com', groups: ['engineers'] }],
    clients: [{ id: 'app', secret: 'a secret of a test', redirectUris: [callback] }],
  });
});
afterAll(() => issuer.close());

function keys() {
  return createRemoteJWKSet(new URL(`${issuer.issuer}/jwks`));
}

async function signIn(): Promise<{ id_token: string; access_token: string; refresh_token: string }> {
  const browser = new DevBrowser([callback]);
  const query = new URLSearchParams({
    ...{ client_id: 'app', response_type: 'code', redirect_uri: callback, scope: 'openid profile email' },
    ...{ state: 's', nonce: 'n', code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  });
  const page = await browser.get(`${issuer.issuer}/auth?${query}`);
  const done = await browser.signIn(page, 'u-1');
  const code = new URL(done.headers.get('location')!).searchParams.get('code')!;
  const answer = await fetch(`${issuer.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('app:a+secret+of+a+test').toString('base64')}` },
    body: new URLSearchParams({
      ...{ grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier },
    }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as never;
}

test('somebody signs in without a browser, and the claims say who', async () => {
  const tokens = await signIn();
  const { payload } = await jwtVerify(tokens.id_token, keys(), { issuer: issuer.issuer, audience: 'app' });
  expect(payload).toMatchObject({ sub: 'u-1', nonce: 'n', name: 'Dana', groups: ['engineers'], email_verified: true });
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const userinfo = await fetch(`${issuer.issuer}/me`, { headers });
  expect(await userinfo.json()).toMatchObject({ sub: 'u-1', groups: ['engineers'] });
  expect(tokens.refresh_token).toBeTruthy();
});

test('workload tokens of any claims are signed by the same keys, over HTTP too', async () => {
  const claims = { sub: 'repo:shop/app:ref:refs/heads/main', aud: 'sallyport', repository_id: '42' };
  const [made, fetched] = await Promise.all([
    issuer.issueToken(claims, { algorithm: 'ES256' }),
    fetch(`${issuer.issuer}/workload-token`, { method: 'POST', body: JSON.stringify(claims) }).then((a) => a.text()),
  ]);
  for (const token of [made, fetched]) {
    const { payload } = await jwtVerify(token, keys(), { issuer: issuer.issuer, audience: 'sallyport' });
    expect(payload).toMatchObject(claims);
  }
});

test('a page elsewhere gets no token', async () => {
  const init = { method: 'POST', body: '{}', headers: { origin: 'https://attacker.example' } };
  expect((await fetch(`${issuer.issuer}/workload-token`, init)).status).toBe(403);
});

test('rotated keys sign; the old ones verify only while they are kept', async () => {
  const old = await issuer.issueToken({ sub: 'x' });
  await issuer.rotateKeys({ keepOld: true });
  await expect(jwtVerify(old, keys())).resolves.toBeDefined();
  await issuer.rotateKeys();
  await expect(jwtVerify(old, keys())).rejects.toThrow('no applicable key');
  const { id_token: fresh } = await signIn();
  await expect(jwtVerify(fresh, keys())).resolves.toBeDefined();
});

test('a logout token has what OpenID Connect Back-Channel Logout asks', async () => {
  const claims = decodeJwt(await issuer.logoutToken('app', { sub: 'u-1' }));
  expect(claims).toMatchObject({ iss: issuer.issuer, aud: 'app', sub: 'u-1', jti: expect.any(String) });
  expect(claims['nonce']).toBeUndefined();
});
