import { Revocations } from './revocations.js';

const alice = { type: 'User', id: 'alice', groups: [], roles: [] } as const;

test('a revision that was made before a revocation, and comes after it, does not undo it', () => {
  let now = 1000;
  const revocations = new Revocations(() => now);
  revocations.add({ principal: 'User::alice', credentialId: 'login:1' });
  now += 200;
  revocations.forgetOld();
  expect(revocations.has(alice, ['login:1'])).toBe(true);
  expect(revocations.has(alice, ['login:2'])).toBe(false);
  now += 5000;
  expect(revocations.has(alice, ['login:1'])).toBe(true);
  revocations.forgetOld();
  expect(revocations.has(alice, ['login:1'])).toBe(false);
});
