import { GroupMembership } from './group-membership.js';

const groups = new GroupMembership([
  { name: 'ci', members: ['ServiceAccount::ci', 'Group::bots'] },
  { name: 'bots', members: ['ServiceAccount::bot'] },
  { name: 'all', members: ['Group::ci', 'Group::people'] },
  { name: 'people', members: ['User::alice', 'Group::all'] },
]);

test('groups reach through groups, and cycles end', () => {
  expect(groups.resolve('ServiceAccount::bot')).toEqual(['all', 'bots', 'ci', 'people']);
  expect(groups.resolve('User::alice')).toEqual(['all', 'people']);
});

test('types are part of the name', () => {
  expect(groups.resolve('User::ci')).toEqual([]);
  expect(groups.resolve('ci')).toEqual([]);
});

test('groups known from elsewhere are kept and reach on', () => {
  expect(groups.resolve('User::bob', ['bots', 'corp'])).toEqual(['all', 'bots', 'ci', 'corp', 'people']);
});
