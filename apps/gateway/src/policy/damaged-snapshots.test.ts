import type { Signed } from '@sallyport/gateway-contract';
import { TestingControlPlane } from '../testing-control-plane.js';
import { compileWords, silentLog } from '../testing-gateway.js';
import { PolicyCache } from './policy-cache.js';

function setUp() {
  const source = new TestingControlPlane();
  const alarms: unknown[] = [];
  let highest = 0;
  const cache = new PolicyCache({
    gateway: () => 'local',
    pinnedKeys: () => [{ keyId: source.keyId, publicKey: source.publicJwk() }],
    highestRevision: () => highest,
    sawRevision: (revision) => (highest = Math.max(highest, revision)),
    compile: compileWords,
    log: { ...silentLog, warn: (what: unknown) => void alarms.push(what) },
  });
  expect(cache.publish(source.sign(source.snapshot()))).toEqual({ accepted: true });
  return { source, cache, alarms };
}

test('CP-03: a snapshot cut anywhere, or signed over a part of it, changes nothing and is alarmed', () => {
  const { source, cache, alarms } = setUp();
  const inForce = cache.current;
  const whole = source.sign(source.snapshot());
  const cut = (at: number): Signed => ({ ...whole, payload: whole.payload.slice(0, at) });
  for (let at = 0; at < whole.payload.length; at += 7) {
    expect(cache.publish(cut(at))).toEqual({ accepted: false, why: 'bad-signature' });
  }
  const halves: unknown[] = [{}, [], null, 1, 'text', { ...source.snapshot(), policies: undefined }];
  for (const half of halves) expect(cache.publish(source.sign(half))).toEqual({ accepted: false, why: 'malformed' });
  expect(cache.current).toBe(inForce);
  expect(cache.failed).toBe(true);
  expect(alarms.length).toBe(Math.ceil(whole.payload.length / 7) + halves.length);
  expect(cache.publish(whole)).toEqual({ accepted: true });
  expect(cache.failed).toBe(false);
});

test('CP-03: a snapshot of another gateway, of an older revision or seen before changes nothing', () => {
  const { source, cache } = setUp();
  const old = source.sign(source.snapshot());
  const next = source.sign(source.snapshot({ issuedAt: new Date(Date.now() + 10).toISOString() }));
  expect(cache.publish(next)).toEqual({ accepted: true });
  const inForce = cache.current;
  const elsewhere = source.sign(source.snapshot({ gateway: 'elsewhere' }));
  const refused: [Signed, string][] = [
    [old, 'older-revision'],
    [next, 'replayed'],
    [elsewhere, 'other-gateway'],
    [{ ...elsewhere, payload: elsewhere.payload.replace('elsewhere', 'local') }, 'bad-signature'],
  ];
  for (const [message, why] of refused) expect(cache.publish(message)).toEqual({ accepted: false, why });
  expect(cache.current).toBe(inForce);
});
