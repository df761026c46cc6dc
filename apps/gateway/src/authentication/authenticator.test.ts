import { createHmac, generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { Authenticator } from './authenticator.js';
import { PolicyCache } from '../policy/policy-cache.js';
import { sha256, TestingControlPlane } from '../testing-control-plane.js';
import { compileWords, silentLog } from '../testing-gateway.js';
import { lineOf, organisation, publicKey, sshKeysOf } from '../testing-identity.js';

const source = new TestingControlPlane();

function authenticator(parts: Parameters<TestingControlPlane['snapshot']>[0] = {}): Authenticator {
  const policies = new PolicyCache({
    gateway: () => 'local',
    pinnedKeys: () => [{ keyId: source.keyId, publicKey: source.publicJwk() }],
    highestRevision: () => 0,
    sawRevision: () => undefined,
    compile: compileWords,
    log: silentLog,
  });
  expect(policies.publish(source.sign(source.snapshot(parts)))).toEqual({ accepted: true });
  return new Authenticator(policies, silentLog);
}

const account = (change: { disabled?: boolean; expiresAt?: string | null }) => ({
  serviceAccounts: [
    {
      name: 'ci',
      owner: 'alice',
      disabled: change.disabled ?? false,
      expiresAt: null,
      keys: [{ id: 'k1', hash: sha256('sp_ci'), expiresAt: change.expiresAt ?? null }],
    },
  ],
});
const past = new Date(Date.now() - 1000).toISOString();

const ci = {
  principal: { type: 'ServiceAccount', id: 'ci', groups: ['ops'], roles: [], owner: 'alice' },
  credentialId: 'k1',
};

test('a key and a token of it prove the same account, with the groups it has now', async () => {
  const parts = { ...account({}), groups: [{ name: 'ops', members: ['ServiceAccount::ci'] }] };
  const gate = authenticator(parts);
  expect(await gate.authenticate('sp_ci')).toEqual(ci);
  expect(await gate.authenticate(await source.accessToken())).toEqual(ci);
});

test.each([
  '',
  'sp_',
  'sp_CI',
  'sp_ci ',
  'ci',
  'sp_ci\0',
  `sp_${'x'.repeat(100_000)}`,
  '..',
  'a.b.c',
  '__proto__',
  sha256('sp_ci'),
])('%j proves nobody', async (credential) => {
  expect(await authenticator().authenticate(credential)).toBeUndefined();
});

test('neither key nor token outlives its account, its key or its time', async () => {
  const token = await source.accessToken();
  for (const parts of [account({ disabled: true }), account({ expiresAt: past }), { serviceAccounts: [] }]) {
    const gate = authenticator(parts);
    expect(await gate.authenticate('sp_ci')).toBeUndefined();
    expect(await gate.authenticate(token)).toBeUndefined();
  }
});

test('SH-11: a registered SSH key proves its holder, any other nobody', async () => {
  const gate = authenticator(organisation());
  const bob = { type: 'User', id: 'bob', groups: ['staff'], roles: ['reader'] };
  const { bob: key, ci: other } = sshKeysOf;
  const authenticated = await gate.authenticateKey(key);
  expect(authenticated).toEqual({ principal: bob, credentialId: `ssh:${key.fingerprint}` });
  expect(gate.evidenceOf(authenticated!)).toMatchObject({ subject: { kind: 'sshKey', ref: 'User::bob' } });
  expect((await gate.authenticateKey(other))?.principal).toMatchObject({ type: 'ServiceAccount', id: 'ci' });
  expect(await gate.authenticateKey(publicKey('somebody'))).toBeUndefined();
  expect(await gate.authenticateKey({ ...key, blob: Buffer.concat([key.blob, Buffer.of(0)]) })).toBeUndefined();
  expect(await gate.authenticateKey({ ...key, blob: Buffer.alloc(0) })).toBeUndefined();
});

test('a public key is no token', async () => {
  const gate = authenticator(organisation());
  const { blob, fingerprint } = sshKeysOf.bob;
  for (const text of [lineOf(sshKeysOf.bob), blob.toString('base64'), fingerprint, `ssh:${fingerprint}`])
    expect(await gate.authenticate(text)).toBeUndefined();
});

const wrongTokens: [string, () => Promise<string>][] = [
  ['expired', () => source.accessToken({ expiresIn: -60 })],
  ['not valid yet', () => source.accessToken({ claims: { nbf: Math.floor(Date.now() / 1000) + 600 } })],
  ['for another audience', () => source.accessToken({ claims: { aud: 'elsewhere' } })],
  ['of another issuer', () => source.accessToken({ claims: { iss: 'https://elsewhere.test' } })],
  ['of another kind', () => source.accessToken({ header: { typ: 'JWT' } })],
  ['a gateway credential', () => source.accessToken({ header: { typ: 'gateway+jwt' } })],
  ['for a key that is not there', () => source.accessToken({ claims: { cid: 'k2' } })],
  ['with another account than its key', () => source.accessToken({ claims: { sub: 'ServiceAccount::admin' } })],
  ['without the key', () => source.accessToken({ claims: { cid: undefined } })],
  ['with a key that is no text', () => source.accessToken({ claims: { cid: ['k1'] } })],
  ['without an id of its own', () => source.accessToken({ claims: { jti: undefined } })],
  ['issued in the future', () => source.accessToken({ claims: { iat: Math.floor(Date.now() / 1000) + 300 } })],
  ['without an end', () => source.accessToken({ claims: { exp: undefined } })],
  ['with an unknown critical header', () => source.accessToken({ header: { crit: ['x'], x: '1' } as never })],
  ['unsigned', () => Promise.resolve(rawToken({ alg: 'none', typ: 'at+jwt' }, () => ''))],
  ['signed with the public key as a secret (PEM)', () => Promise.resolve(hs256(source.publicKeyPem))],
  [
    'signed with the public key as a secret (JWK)',
    () => Promise.resolve(hs256(Buffer.from(String(source.publicJwk()['x']), 'base64url'))),
  ],
  ['signed by a key it brings along', () => withOwnKey()],
];

test.each(wrongTokens)('a token that is %s proves nobody', async (_why, make) => {
  const gate = authenticator();
  expect(await gate.authenticate(await source.accessToken())).toBeDefined();
  expect(await gate.authenticate(await make().catch(() => 'could not even be made'))).toBeUndefined();
});

test('a token whose signature or claims were touched proves nobody', async () => {
  const gate = authenticator();
  const [header, claims, signature] = (await source.accessToken()).split('.') as [string, string, string];
  const more = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  const touched = Buffer.from(JSON.stringify({ ...more, exp: 4_000_000_000 })).toString('base64url');
  expect(await gate.authenticate(`${header}.${touched}.${signature}`)).toBeUndefined();
  expect(await gate.authenticate(`${header}.${claims}.${signature.slice(0, -4)}AAAA`)).toBeUndefined();
  expect(await gate.authenticate(`${header}.${claims}.`)).toBeUndefined();
});

function claimsNow() {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: 'https://control-plane.test',
    aud: 'sallyport',
    sub: 'ServiceAccount::ci',
    cid: 'k1',
    jti: 'token-1',
    iat: now,
    exp: now + 600,
  };
}

function rawToken(header: Record<string, unknown>, sign: (text: string) => string): string {
  const text = [header, claimsNow()].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign(text)}`;
}

function hs256(secret: string | Buffer): string {
  return rawToken({ alg: 'HS256', typ: 'at+jwt', kid: source.keyId }, (text) =>
    createHmac('sha256', secret).update(text).digest('base64url'),
  );
}

function withOwnKey(): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' });
  return new SignJWT(claimsNow())
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: source.keyId, jwk })
    .sign(privateKey);
}
