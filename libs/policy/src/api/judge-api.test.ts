import type { Principal } from '@sallyport/domain';
import { apiVerbs, judgeApi } from './judge-api.js';

const member = (...groups: string[]): Principal => ({ type: 'User', id: 'alice', groups, roles: [] });

test('administrators may do everything, auditors may read, others nothing', () => {
  for (const verb of apiVerbs) {
    expect(judgeApi(member('admins'), verb, 'resources')).toBe(true);
    expect(judgeApi(member('auditors'), verb, 'resources')).toBe(verb === 'read');
    expect(judgeApi(member(), verb, 'resources')).toBe(false);
    expect(judgeApi(member('dba', 'admin', 'Admins'), verb, 'resources')).toBe(false);
  }
});

test('a name is not a group, nor a role', () => {
  expect(judgeApi({ type: 'ServiceAccount', id: 'admins', groups: [], roles: ['admins'] }, 'read', 'audit')).toBe(
    false,
  );
});

test('what fails denies', () => {
  expect(judgeApi(member('admins'), 'drop' as 'delete', 'resources')).toBe(false);
  expect(judgeApi({ ...member('admins'), groups: undefined as never }, 'read', 'resources')).toBe(false);
  expect(judgeApi(member('admins'), 'read', undefined as never)).toBe(false);
});
