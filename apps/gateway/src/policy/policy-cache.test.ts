import { generateKeyPairSync, sign } from 'node:crypto';
import type { PolicySnapshot, Signed } from '@sallyport/gateway-contract';
import { TestingControlPlane } from '../testing-control-plane.js';
import { compileWords, selectAction, silentLog } from '../testing-gateway.js';
import { Freshness } from './freshness.js';
import { PolicyCache } from './policy-cache.js';
import { SessionPolicy } from './session-policy.js';

const key = { kind: 'key', keyId: 'k1', account: 'ci' } as const;
const subject = {
  evidence: { credentialId: 'k1', subject: key, shownAt: Date.now() },
  resource: 'shop',
  clientAddress: '127.0.0.1',
  protocol: 'postgres',
} as const;

function setUp(seen = 0) {
  const source = new TestingControlPlane();
  let monotonic = 0;
  let wall = Date.now();
  let highest = seen;
  let gateway: string | undefined = 'local';
  const cache = new PolicyCache({
    gateway: () => gateway,
    pinnedKeys: () => [{ keyId: source.keyId, publicKey: source.publicJwk() }],
    highestRevision: () => highest,
    sawRevision: (revision) => (highest = Math.max(highest, revision)),
    compile: compileWords,
    log: silentLog,
    freshness: new Freshness(
      () => monotonic,
      () => wall,
    ),
  });
  return {
    source,
    cache,
    highest: () => highest,
    publish: (parts?: Partial<PolicySnapshot>) => cache.publish(source.sign(source.snapshot(parts))),
    pass: (ms: number, onWall = ms) => {
      monotonic += ms;
      wall += onWall;
    },
    unenrol: () => (gateway = undefined),
    effect: () => new SessionPolicy(cache, subject).judge(selectAction()).effect,
  };
}

/** Later than anything before it. */
const later = (ms: number): string => new Date(Date.now() + ms).toISOString();

test('a signed revision is put in force, and the next one replaces it for sessions that are running', () => {
  const { publish, cache } = setUp();
  expect(publish()).toEqual({ accepted: true });
  const policy = new SessionPolicy(cache, subject);
  expect(policy.judge(selectAction())).toMatchObject({ effect: 'permit', policyRevision: 1 });
  expect(publish({ policies: [{ name: 'p', cedar: 'deny' }], issuedAt: later(10_000) })).toEqual({ accepted: true });
  expect(policy.judge(selectAction())).toMatchObject({ effect: 'deny', policyRevision: 2 });
});

test('CP-03: what another key signed, or what was changed after signing, is refused', () => {
  const { source, cache } = setUp();
  const good = source.sign(source.snapshot());
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const forged = sign(null, Buffer.from(good.payload), stranger).toString('base64');
  const wrong: Signed[] = [
    { ...good, signature: forged },
    { ...good, signature: '' },
    { ...good, keyId: 'another' },
    { ...good, payload: good.payload.replace('"local"', '"other"') },
    { ...good, payload: `${good.payload} ` },
  ];
  for (const message of wrong) expect(cache.publish(message)).toEqual({ accepted: false, why: 'bad-signature' });
  expect(cache.current).toBeUndefined();
  expect(cache.publish(good)).toEqual({ accepted: true });
});

test('CP-03: a key of another kind under a pinned name verifies nothing', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const source = new TestingControlPlane();
  const cache = new PolicyCache({
    gateway: () => 'local',
    pinnedKeys: () => [{ keyId: 'key-1', publicKey: { ...publicKey.export({ format: 'jwk' }) } }],
    highestRevision: () => 0,
    sawRevision: () => undefined,
    compile: compileWords,
    log: silentLog,
  });
  const payload = JSON.stringify(source.snapshot());
  const signature = sign('sha256', Buffer.from(payload), privateKey).toString('base64');
  expect(cache.publish({ payload, signature, keyId: 'key-1' })).toEqual({ accepted: false, why: 'bad-signature' });
});

test('CP-03: an older revision and a replay are refused, after a restart too', () => {
  const { source, cache, highest } = setUp();
  const first = source.sign(source.snapshot());
  const second = source.sign(source.snapshot({ issuedAt: later(5_000) }));
  expect(cache.publish(second)).toEqual({ accepted: true });
  expect(cache.publish(first)).toEqual({ accepted: false, why: 'older-revision' });
  expect(cache.publish(second)).toEqual({ accepted: false, why: 'replayed' });
  expect(cache.current!.snapshot.revision).toBe(2);
  const restarted = setUp(highest());
  const old = restarted.source.snapshot();
  expect(old.revision).toBe(1);
  expect(restarted.cache.publish(restarted.source.sign(old))).toEqual({ accepted: false, why: 'older-revision' });
});

test('CP-03: what is meant for another gateway, comes from the future or has another shape is refused', () => {
  const { source, cache, publish, unenrol } = setUp();
  expect(publish({ gateway: 'elsewhere' })).toEqual({ accepted: false, why: 'other-gateway' });
  expect(publish({ issuedAt: later(120_000) })).toEqual({ accepted: false, why: 'from-the-future' });
  expect(cache.publish(source.sign({ ...source.snapshot(), extra: 1 }))).toEqual({ accepted: false, why: 'malformed' });
  expect(cache.publish(source.sign('text'))).toEqual({ accepted: false, why: 'malformed' });
  unenrol();
  expect(publish()).toEqual({ accepted: false, why: 'not-enrolled' });
  expect(cache.last).toBeUndefined();
});

test.each([
  ['a policy does not compile', { policies: [{ name: 'p', cedar: 'broken' }] }],
  [
    'a classified column has no place',
    {
      resources: [
        {
          ...new TestingControlPlane().snapshot().resources[0]!,
          classification: [{ column: 'email', tags: [], mask: 'redact' as const }],
        },
      ],
    },
  ],
  ['the pseudonym key is short', { pseudonymKey: 'AAAA' }],
])('CP-03: when %s the last good revision stays, and its age is not renewed', (_why, parts) => {
  const { publish, cache, effect, pass, source } = setUp();
  publish({ maxAgeSeconds: 10 });
  pass(9000);
  expect(publish({ ...parts, issuedAt: later(9000) })).toEqual({ accepted: false, why: 'does-not-compile' });
  expect(cache.failed).toBe(true);
  expect(effect()).toBe('permit');
  // The control plane confirms the revision that could not be put in force: that says nothing about the old one.
  expect(cache.lease(source.sign({ revision: 2, issuedAt: later(9500), gateway: 'local' }))).toMatchObject({
    accepted: false,
  });
  pass(1500);
  expect(effect()).toBe('deny');
});

test('CP-03: a lease keeps the revision in force alive; without one its age ends it', () => {
  const { publish, cache, source, effect, pass } = setUp();
  publish({ maxAgeSeconds: 10 });
  pass(9000);
  expect(cache.lease(source.sign({ revision: 1, issuedAt: later(9000), gateway: 'local' }))).toEqual({
    accepted: true,
  });
  pass(9000);
  expect(effect()).toBe('permit');
  pass(2000);
  expect(effect()).toBe('deny');
  expect(new SessionPolicy(cache, subject).judge(selectAction()).because[0]!.code).toBe('policy-stale');
});

test('CP-03: a lease that is old, replayed, forged or for another revision renews nothing', () => {
  const { publish, cache, source } = setUp();
  publish();
  publish({ issuedAt: later(10_000) });
  const lease = (revision: number, issuedAt: string, gateway = 'local') =>
    cache.lease(source.sign({ revision, issuedAt, gateway }));
  expect(lease(1, later(20_000))).toEqual({ accepted: false, why: 'older-revision' });
  expect(lease(3, later(20_000))).toEqual({ accepted: false, why: 'older-revision' });
  expect(lease(2, later(5_000))).toEqual({ accepted: false, why: 'replayed' });
  expect(lease(2, later(20_000), 'other')).toEqual({ accepted: false, why: 'other-gateway' });
  const good = source.sign({ revision: 2, issuedAt: later(30_000), gateway: 'local' });
  expect(cache.lease({ ...good, signature: 'AAAA' })).toEqual({ accepted: false, why: 'bad-signature' });
  expect(cache.lease(good)).toEqual({ accepted: true });
  expect(cache.lease(good)).toEqual({ accepted: false, why: 'replayed' });
});

test('CP-03: what took long to arrive is that much older, and neither clock alone keeps a policy alive', () => {
  let monotonic = 0;
  let wall = 1_000_000;
  const freshness = new Freshness(
    () => monotonic,
    () => wall,
  );
  expect(freshness.fresh).toBe(false);
  freshness.renew(wall - 7000, 10_000);
  monotonic += 2900;
  expect(freshness.fresh).toBe(true);
  monotonic += 200;
  expect(freshness.fresh).toBe(false);
  freshness.renew(wall, 10_000);
  // The machine slept: only the wall clock went on.
  wall += 11_000;
  expect(freshness.fresh).toBe(false);
  // Somebody set the wall clock back: only the monotonic one went on.
  freshness.renew(wall, 10_000);
  wall -= 3_600_000;
  monotonic += 11_000;
  expect(freshness.fresh).toBe(false);
});
