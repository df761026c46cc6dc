import { SignJWT } from 'jose';
import { TrustedIssuers, type VerifierOptions } from './trusted-issuers.js';
import type { IssuerConfig } from './issuer-config.js';
import type { TestKey } from './testing/issuer-fixture.js';
import { ecKey, edKey, goodClaims, makeToken, rsaKey, settings, testTime } from './testing/issuer-fixture.js';

const rsa = rsaKey('rsa');
const keys: Record<string, TestKey> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: ecKey('p256', 'P-256'),
  ES384: ecKey('p384', 'P-384'),
  ES512: ecKey('p521', 'P-521'),
  EdDSA: edKey('ed'),
};
const jwks = [...new Set(Object.values(keys))].map(({ jwk }) => jwk);
const now = (): number => testTime * 1000;
const trusting = (configs: readonly IssuerConfig[], options: Partial<VerifierOptions> = {}): TrustedIssuers =>
  new TrustedIssuers(configs, { now, ...options });
const token = (claims = goodClaims(), kid = 'ed'): string =>
  makeToken({ alg: 'EdDSA', kid }, claims, keys['EdDSA']!.privateKey);
const refusal = (issuers: TrustedIssuers, text: string): string => {
  const outcome = issuers.verify(text);
  return outcome.ok ? 'ok' : outcome.reason;
};

test.each(Object.keys(keys))('tokens that another library signed with %s pass', async (alg) => {
  const signed = await new SignJWT(goodClaims())
    .setProtectedHeader({ alg, typ: 'JWT', kid: String(keys[alg]!.jwk['kid']) })
    .sign(keys[alg]!.privateKey);
  expect(trusting([settings({ jwks, algorithms: Object.keys(keys) })]).verify(signed)).toEqual({
    ok: true,
    issuer: 'ci',
    subject: 'job:7',
    claims: goodClaims(),
    expiresAt: (testTime + 590) * 1000,
    principal: { kind: 'ServiceAccount', name: 'ci' },
    rule: 0,
  });
});

test('a person is known by the issuer and subject alone', () => {
  const people = settings({ jwks, match: [{ claims: { team: ['payments', 'ops'] }, principal: 'User' }] });
  expect(trusting([people]).verify(token(goodClaims({ email: 'dana@example.com' })))).toMatchObject({
    principal: { kind: 'User', issuer: 'ci', subject: 'job:7' },
  });
});

test('the first rule that fits says who it is, and without one nobody is', () => {
  const match = [
    { claims: { team: 'ops' }, principal: 'ServiceAccount::ops' },
    { claims: { team: { like: 'pay*' } }, principal: 'ServiceAccount::first' },
    { claims: { team: 'payments' }, principal: 'ServiceAccount::second' },
  ];
  const issuers = trusting([settings({ jwks, match })]);
  expect(issuers.verify(token())).toMatchObject({ principal: { name: 'first' }, rule: 1 });
  expect(issuers.verify(token(goodClaims({ team: 'sales' })))).toEqual({ ok: false, reason: 'no-rule', issuer: 'ci' });
});

test('ID-04: keys are those of the configured issuer that the token names, never of another', () => {
  const mine = ecKey('same', 'P-256');
  const theirs = ecKey('same', 'P-256');
  const issuers = trusting([
    settings({ jwks: [mine.jwk] }),
    settings({ name: 'other', issuer: 'https://other.example', jwks: [theirs.jwk] }),
  ]);
  const signed = (iss: string, key: TestKey): string =>
    refusal(issuers, makeToken({ alg: 'ES256', kid: 'same' }, goodClaims({ iss }), key.privateKey));
  expect(signed('https://issuer.example', mine)).toBe('ok');
  expect(signed('https://other.example', theirs)).toBe('ok');
  expect(signed('https://issuer.example', theirs)).toBe('signature');
  expect(signed('https://other.example', mine)).toBe('signature');
});

test('ID-04: issuers of one URL are told apart by whom they serve', () => {
  const issuers = trusting([
    settings({ name: 'a', jwks, audience: ['a'] }),
    settings({ name: 'b', jwks, audience: ['b'], match: [{ claims: { team: 'none' }, principal: 'User' }] }),
    settings({ name: 'c', jwks, audience: ['c', 'b'] }),
  ]);
  const provenBy = (aud: unknown): unknown => {
    const outcome = issuers.verify(token(goodClaims({ aud })));
    return outcome.ok ? outcome.issuer : outcome.reason;
  };
  expect(provenBy('a')).toBe('a');
  expect(provenBy('b')).toBe('c');
  expect(provenBy(['x', 'c'])).toBe('c');
  expect(provenBy('x')).toBe('audience');
});

test('ID-06: keys count until their time is over, and not without one', () => {
  let instant = testTime * 1000;
  const keysValidUntil = new Date(instant + 60_000).toISOString();
  const issuers = trusting([settings({ jwks, keysValidUntil })], { now: () => instant });
  expect(refusal(issuers, token())).toBe('ok');
  instant += 59_999;
  expect(refusal(issuers, token())).toBe('ok');
  instant += 1;
  expect(refusal(issuers, token())).toBe('keys-stale');
  expect(refusal(trusting([settings({ jwks, keysValidUntil: 'soon' })]), token())).toBe('keys-stale');
});

test('ID-06: a key that left the set proves nothing under the next revision, a new one does', () => {
  const next = edKey('next');
  const rotated = makeToken({ alg: 'EdDSA', kid: 'next' }, goodClaims(), next.privateKey);
  const before = trusting([settings({ jwks })]);
  expect(refusal(before, token())).toBe('ok');
  expect(refusal(before, rotated)).toBe('unknown-key');
  const overlapping = trusting([settings({ jwks: [...jwks, next.jwk] })]);
  expect([refusal(overlapping, token()), refusal(overlapping, rotated)]).toEqual(['ok', 'ok']);
  const after = trusting([settings({ jwks: [next.jwk] })]);
  expect([refusal(after, token()), refusal(after, rotated)]).toEqual(['unknown-key', 'ok']);
  expect(refusal(trusting([settings({ jwks: [] })]), token())).toBe('unknown-key');
});

test('a remembered token is refused from its expiry on', () => {
  let instant = testTime * 1000;
  const issuers = trusting([settings({ jwks })], { now: () => instant });
  expect(issuers.verify(token())).toBe(issuers.verify(token()));
  instant = (testTime + 590) * 1000 - 1;
  expect(refusal(issuers, token())).toBe('ok');
  instant += 1;
  expect(refusal(issuers, token())).toBe('expired');
});

test('what is remembered is bounded', () => {
  const issuers = trusting([settings({ jwks })], { remember: 2 });
  const [a, b, c] = ['a', 'b', 'c'].map((jti) => token(goodClaims({ jti }))) as [string, string, string];
  const first = issuers.verify(a);
  expect(issuers.verify(a)).toBe(first);
  issuers.verify(b);
  issuers.verify(c);
  expect(issuers.verify(a)).not.toBe(first);
  expect(issuers.verify(a)).toEqual(first);
  const forgetful = trusting([settings({ jwks })], { remember: 0 });
  expect(forgetful.verify(a)).not.toBe(forgetful.verify(a));
});

test('what was proved cannot be changed by whoever reads it', () => {
  const outcome = trusting([settings({ jwks })]).verify(token(goodClaims({ nested: { list: ['a'] } })));
  if (!outcome.ok) throw new Error(outcome.reason);
  const nested = outcome.claims['nested'] as { list: string[] };
  expect(() => nested.list.push('admin')).toThrow(TypeError);
  expect(() => Object.assign(outcome.claims, { team: 'admin' })).toThrow(TypeError);
});

test('ID-06: earlier claims are matched anew under the newest rules', () => {
  const claims = goodClaims();
  const ci = { principal: { kind: 'ServiceAccount', name: 'ci' }, rule: 0 };
  expect(trusting([settings()]).rematch('ci', claims)).toEqual(ci);
  expect(trusting([settings()]).rematch('other', claims)).toBeUndefined();
  expect(trusting([settings({ issuer: 'https://moved.example' })]).rematch('ci', claims)).toBeUndefined();
  expect(trusting([settings({ audience: ['another'] })]).rematch('ci', claims)).toBeUndefined();
  const match = [{ claims: { team: 'ops' }, principal: 'ServiceAccount::ci' }];
  expect(trusting([settings({ match })]).rematch('ci', claims)).toBeUndefined();
  const numbered = [{ claims: { sub: 'job:7' }, principal: 'ServiceAccount::ci' }];
  expect(trusting([settings({ match: numbered })]).rematch('ci', claims)).toEqual(ci);
  expect(trusting([settings({ match: numbered, preset: 'google' })]).rematch('ci', claims)).toBeUndefined();
  expect(trusting([settings({ preset: 'gone' })]).rematch('ci', claims)).toBeUndefined();
});

test('an error inside is a refusal', () => {
  const broken = trusting([settings()], {
    now: () => {
      throw new Error('no clock');
    },
  });
  expect(broken.verify(token())).toEqual({ ok: false, reason: 'internal' });
  expect(trusting([settings()]).rematch('ci', undefined as never)).toBeUndefined();
});
