import type { Principal } from '@sallyport/domain';
import { People, type KnownNames, type Standing } from './person.js';

const alice = { type: 'User', id: 'alice' } as const;
const bob = { type: 'User', id: 'bob' } as const;
const account = (id: string, owner?: string): Standing => ({
  type: 'ServiceAccount',
  id,
  ...(owner !== undefined && { owner }),
});
const agent = (id: string, actsFor: Standing, owner?: string): Standing => ({
  ...account(id, owner),
  type: 'Agent',
  actsFor,
});

const known: KnownNames = {
  users: [
    { name: 'alice', email: 'alice@example.com' },
    { name: 'alice-2', email: 'Alice@Example.com' },
    { name: 'bob', email: 'bob@example.com' },
    { name: 'carol', email: null },
  ],
  accounts: [
    { name: 'ci', owner: 'alice@example.com' },
    { name: 'ops', owner: 'alice' },
    { name: 'night', owner: 'ServiceAccount::ops' },
    { name: 'bobs', owner: 'User::bob' },
    { name: 'alone', owner: null },
  ],
};
const people = new People(known);

test.each<[string, Standing, Standing]>([
  ['oneself', alice, alice],
  ['the owner, by name', account('ops'), alice],
  ['the owner, by e-mail address', account('ci'), alice],
  ['the owner, by reference', account('bobs'), bob],
  ['another account of the same owner', account('ci'), account('ops')],
  ['the owner of the account that owns the account', account('night'), alice],
  ['an agent and the person it acts for', agent('alone', alice), alice],
  ['an agent and the owner of its account', agent('bobs', alice), bob],
  ['an agent and the account that proves it', agent('alone', alice), account('alone')],
  ['two agents for one person', agent('alone', alice), agent('bobs', alice)],
  ['another user with the same e-mail address, in another spelling', alice, { type: 'User', id: 'alice-2' }],
  ['an account of that other user', account('ci'), { type: 'User', id: 'alice-2' }],
  ['the owner that the account had when it asked', account('alone', 'carol'), { type: 'User', id: 'carol' }],
  ['a look-alike', { type: 'User', id: 'ａlice' }, alice],
])('AP-01: %s is the same person', (_, requester, approver) => {
  expect(people.isSame(requester, approver)).toBe(true);
  expect(people.isSame(approver, requester)).toBe(true);
});

test.each<[string, Standing, Standing]>([
  ['another person', alice, bob],
  ['an account of another person', bob, account('ci')],
  ['an account without an owner', account('ci'), account('alone')],
  ['an account that is merely named like a person', alice, account('alice')],
  ['an agent for one person and another person', agent('alone', alice), bob],
])('%s is not', (_, requester, approver) => {
  expect(people.isSame(requester, approver)).toBe(false);
});

test('an agent of one for another makes those two no single person to everybody else', () => {
  expect(people.isSame(agent('bobs', alice), alice)).toBe(true);
  expect(people.isSame(agent('bobs', alice), bob)).toBe(true);
  expect(people.isSame(alice, bob)).toBe(false);
});

test('AP-02: whoever may be the same person counts once, also through a third', () => {
  const keys = people.tellApart([alice, bob, account('ci'), agent('bobs', alice), { type: 'User', id: 'carol' }]);
  expect(new Set(keys).size).toBe(2);
  expect(keys[0]).toBe(keys[1]);
  expect(keys[4]).not.toBe(keys[0]);
  expect(new Set(people.tellApart([alice, bob])).size).toBe(2);
  expect(people.tellApart([])).toEqual([]);
});

test('a decision counts for a person, whatever the order of what is known', () => {
  const backwards = new People({ users: [...known.users].reverse(), accounts: [...known.accounts].reverse() });
  for (const each of [alice, account('ci'), account('night'), agent('alone', alice), bob, account('alone')])
    expect(backwards.personOf(each)).toBe(people.personOf(each));
  expect(people.personOf(account('alone'))).toBe('serviceaccount::alone');
  expect(people.personOf(agent('bobs', alice))).toBe(people.personOf(alice));
});

test('circles of owners end', () => {
  const circle = new People({
    users: [],
    accounts: [
      { name: 'a', owner: 'ServiceAccount::b' },
      { name: 'b', owner: 'ServiceAccount::a' },
    ],
  });
  expect(circle.isSame(account('a'), account('b'))).toBe(true);
});

test('being the same only grows with what is known', () => {
  const all: Principal[] = [
    ...known.users.map(({ name }) => ({ ...alice, id: name })),
    ...known.accounts.map(({ name }) => ({ type: 'ServiceAccount', id: name }) as const),
  ].map((one) => ({ ...one, groups: [], roles: [] }));
  const fewer = new People({ users: known.users.slice(0, 1), accounts: known.accounts.slice(0, 2) });
  for (const a of all) for (const b of all) if (fewer.isSame(a, b)) expect(people.isSame(a, b)).toBe(true);
});
