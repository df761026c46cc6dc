import { Revocations } from './revocations.js';

const alice = { type: 'User', id: 'alice', groups: [], roles: [] } as const;

function setUp(revision?: number) {
  let now = 1000;
  const revocations = new Revocations(() => now);
  revocations.revised(6);
  revocations.add({ principal: 'User::alice', credentialId: 'login:1', ...(revision !== undefined && { revision }) });
  return { revocations, pass: (ms: number) => (now += ms), stands: () => revocations.has(alice, ['login:1']) };
}

test('a revision that was made before a revocation, and comes after it, does not undo it', () => {
  const { revocations, pass, stands } = setUp(8);
  expect(revocations.has(alice, ['login:2'])).toBe(false);
  revocations.revised(7);
  pass(3_600_000);
  expect(stands()).toBe(true);
  revocations.revised(8);
  expect(stands()).toBe(false);
});

test('a revocation that the revision in force has already keeps nobody out who was let in again', () => {
  expect(setUp(6).stands()).toBe(false);
  expect(setUp(5).stands()).toBe(false);
});

test('one that names no revision stands for a minute, whatever comes', () => {
  const { revocations, pass, stands } = setUp();
  revocations.revised(100);
  pass(59_000);
  expect(stands()).toBe(true);
  pass(1000);
  expect(stands()).toBe(false);
});
