import { isSamePerson, personOf } from './person.js';

const alice = { type: 'User', id: 'alice@example.com' } as const;
const bob = { type: 'User', id: 'bob@example.com' } as const;
const ci = { type: 'ServiceAccount', id: 'ci', owner: 'alice@example.com' } as const;
const dba = { type: 'ServiceAccount', id: 'dba', owner: 'Alice@Example.com' } as const;
const nightly = { type: 'Agent', id: 'nightly', owner: 'ServiceAccount::orphan' } as const;
const orphan = { type: 'ServiceAccount', id: 'orphan' } as const;

test.each([
  ['oneself', alice, alice],
  ['the owner of the requesting account', ci, alice],
  ['an account of the requesting person', alice, ci],
  ['another account of the same owner, in another spelling', ci, dba],
  ['the account an agent acts for', nightly, orphan],
])('%s is the same person', (_, requester, approver) => {
  expect(isSamePerson(requester, approver)).toBe(true);
  expect(isSamePerson(approver, requester)).toBe(true);
});

test.each([
  ['another person', alice, bob],
  ['an account of another person', bob, ci],
  ['an account without an owner', ci, orphan],
  ['an account that is merely named like a person', alice, { type: 'ServiceAccount', id: alice.id } as const],
])('%s is not', (_, requester, approver) => {
  expect(isSamePerson(requester, approver)).toBe(false);
});

test('accounts of one owner count as one person', () => {
  expect(personOf(ci)).toBe(personOf(dba));
  expect(personOf(ci)).toBe(personOf(alice));
  expect(personOf(orphan)).toBe('serviceaccount::orphan');
});
