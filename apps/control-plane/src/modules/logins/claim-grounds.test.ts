import fc from 'fast-check';
import { claimGrounds, groupsOfGrounds } from './claim-grounds.js';

const rule = (group: string, equals: string, issuer = 'dev') => ({
  name: group,
  spec: { claims: [{ issuer, claim: 'groups', equals }] },
});
const groupsGiven = (value: unknown, groups = [rule('admins', 'admin')]): string[] =>
  claimGrounds('dev', { groups: value }, groups).map(({ group }) => group);

test('ID-10: the exact text, alone or in a list, and nothing else', () => {
  expect(groupsGiven('admin')).toEqual(['admins']);
  expect(groupsGiven(['x', 'admin'])).toEqual(['admins']);
  for (const other of ['Admin', 'admin ', 'administrators', 'xadmin', 'ａdmin', '', null, 7, true, { admin: true }]) {
    expect([other, groupsGiven(other)]).toEqual([other, []]);
    expect([other, groupsGiven([other])]).toEqual([other, []]);
  }
  expect(groupsGiven([['admin']])).toEqual([]);
  expect(groupsGiven({ 0: 'admin', length: 1 })).toEqual([]);
});

test('ID-10: overage claims, and what every object has, are no claims', () => {
  expect(claimGrounds('dev', { _claim_names: { groups: 'src1' } }, [rule('admins', 'admin')])).toEqual([]);
  const inherited = [{ name: 'x', spec: { claims: [{ issuer: 'dev', claim: 'constructor', equals: 'x' }] } }];
  expect(claimGrounds('dev', {}, inherited)).toEqual([]);
});

test('ID-10: the same name at another provider is another group', () => {
  expect(groupsGiven('admin', [rule('admins', 'admin', 'other')])).toEqual([]);
});

test('ID-10: more claims never mean fewer groups', () => {
  const values = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });
  const groups = ['a', 'b', 'c', 'd'].map((value) => rule(`group-${value}`, value));
  fc.assert(
    fc.property(values, values, (some, more) => {
      expect(groupsGiven([...some, ...more], groups)).toEqual(expect.arrayContaining(groupsGiven(some, groups)));
    }),
  );
});

test('a ground counts while its group has exactly that rule', () => {
  const grounds = claimGrounds('dev', { groups: ['admin', 'ops'] }, [rule('admins', 'admin'), rule('ops', 'ops')]);
  const login = { provider: 'dev', grounds };
  expect(groupsOfGrounds(login, [rule('admins', 'admin'), rule('ops', 'ops')])).toEqual(['admins', 'ops']);
  expect(groupsOfGrounds(login, [rule('admins', 'root'), rule('ops', 'ops', 'other')])).toEqual([]);
  expect(groupsOfGrounds({ ...login, provider: 'other' }, [rule('admins', 'admin')])).toEqual([]);
});
