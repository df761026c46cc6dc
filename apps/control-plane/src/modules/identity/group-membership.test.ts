import fc from 'fast-check';
import { groupsOf, mergeGroups } from './group-membership.js';

const dba = { name: 'dba', members: ['ServiceAccount::dba'] };

test('groups hold those they list and those who list them', () => {
  const merged = mergeGroups(
    [dba],
    [
      { name: 'ci', groups: ['ci', 'dba'] },
      { name: 'dba', groups: ['dba'] },
    ],
  );
  expect(merged).toEqual([
    { name: 'ci', members: ['ServiceAccount::ci'] },
    { name: 'dba', members: ['ServiceAccount::ci', 'ServiceAccount::dba'] },
  ]);
});

test('membership passes through groups in groups', () => {
  const groups = [dba, { name: 'ops', members: ['Group::dba'] }, { name: 'all', members: ['Group::ops'] }];
  expect(groupsOf('ServiceAccount::dba', groups)).toEqual(['all', 'dba', 'ops']);
  expect(groupsOf('ServiceAccount::other', groups)).toEqual([]);
});

test('groups by claims pass on what holds them, declared or not', () => {
  const groups = [{ name: 'ops', members: ['Group::dba'] }];
  expect(groupsOf('User::x', groups, ['dba'])).toEqual(['dba', 'ops']);
  expect(groupsOf('User::x', groups, [])).toEqual([]);
});

test('a group does not hold a principal that shares its name', () => {
  expect(groupsOf('User::dba', [dba, { name: 'ops', members: ['Group::dba'] }])).toEqual([]);
});

test('cycles end, and more members never mean fewer groups', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const member = fc.oneof(
    name.map((group) => `Group::${group}`),
    fc.constant('User::x'),
  );
  const groups = fc.uniqueArray(fc.record({ name, members: fc.array(member, { maxLength: 4 }) }), {
    selector: ({ name: key }) => key,
  });
  fc.assert(
    fc.property(groups, name, (list, into) => {
      const before = groupsOf('User::x', list);
      const after = groupsOf('User::x', [
        ...list.filter(({ name: key }) => key !== into),
        {
          name: into,
          members: [...(list.find(({ name: key }) => key === into)?.members ?? []), 'User::x'],
        },
      ]);
      expect(after).toEqual(expect.arrayContaining([...before, into]));
    }),
  );
});
