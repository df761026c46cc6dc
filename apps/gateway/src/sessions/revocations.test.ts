import { Revocations } from './revocations.js';

const alice = { type: 'User', id: 'alice', groups: [], roles: [] } as const;

function setUp() {
  let now = 1000;
  const revocations = new Revocations(() => now);
  revocations.add({ principal: 'User::alice', credentialId: 'login:1' });
  return { revocations, pass: (ms: number) => (now += ms), stands: () => revocations.has(alice, ['login:1']) };
}

test('a revision that was made before a revocation, and comes after it, does not undo it', () => {
  const { revocations, pass, stands } = setUp();
  pass(200);
  revocations.revised();
  expect(stands()).toBe(true);
  expect(revocations.has(alice, ['login:2'])).toBe(false);
  pass(10_000);
  expect(stands()).toBe(true);
  revocations.revised();
  expect(stands()).toBe(false);
});

test('without any revision it stands', () => {
  const { pass, stands } = setUp();
  pass(3_600_000);
  expect(stands()).toBe(true);
});

test('whoever is let in again a moment later can come in again, also when nothing else ever changes', () => {
  const { revocations, pass, stands } = setUp();
  pass(1500);
  revocations.revised();
  expect(stands()).toBe(true);
  pass(3500);
  expect(stands()).toBe(false);
  const sooner = setUp();
  sooner.pass(200);
  sooner.revocations.revised();
  sooner.pass(60_000);
  expect(sooner.stands()).toBe(false);
});
