import { patchPerson } from './scim-patch.js';
import type { ScimPerson } from './scim-person.js';

const before = {
  externalId: '00u1',
  userName: 'alice@example.com',
  displayName: 'Alice',
  email: 'alice@example.com',
  active: true,
};
type Operation = { op: string; path?: string; value?: unknown };
const patched = (...operations: Operation[]): ScimPerson =>
  patchPerson(before, { Operations: operations.map((one) => ({ value: undefined, ...one })) });

test.each<[string, Operation, Partial<ScimPerson>]>([
  ['Okta deactivates', { op: 'replace', value: { active: false } }, { active: false }],
  ['Entra deactivates', { op: 'Replace', path: 'active', value: 'False' }, { active: false }],
  ['Entra deactivates by the RFC', { op: 'replace', path: 'active', value: false }, { active: false }],
  ['Entra adds a name', { op: 'Add', path: 'displayName', value: 'Alice B.' }, { displayName: 'Alice B.' }],
  [
    'an address of one type',
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'a@b.c' },
    { email: 'a@b.c' },
  ],
  ['the primary address', { op: 'Replace', path: 'emails[primary eq true].value', value: 'a@b.c' }, { email: 'a@b.c' }],
  [
    'an address of a type that is not kept',
    { op: 'Replace', path: 'emails[type eq "home"].value', value: 'a@b.c' },
    {},
  ],
  [
    'all addresses',
    { op: 'replace', path: 'emails', value: [{ value: 'x@y.z' }, { value: 'a@b.c', primary: true }] },
    { email: 'a@b.c' },
  ],
  ['addresses taken away', { op: 'remove', path: 'emails' }, { email: null }],
  ['a name taken away', { op: 'Remove', path: 'displayName' }, { displayName: null }],
  [
    'a full name of the attribute',
    { op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:userName', value: 'al' },
    { userName: 'al' },
  ],
  ['capitals', { op: 'REPLACE', path: 'USERNAME', value: 'al' }, { userName: 'al' }],
  [
    'paths in the value',
    { op: 'add', value: { 'name.givenName': 'Al', 'emails[type eq "work"].value': 'a@b.c' } },
    { email: 'a@b.c' },
  ],
  ['the same externalId', { op: 'replace', path: 'externalId', value: '00u1' }, {}],
  ['an attribute that is not kept', { op: 'replace', path: 'title', value: 'Doctor' }, {}],
  [
    'an extension',
    { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', value: 'IT' },
    {},
  ],
  [
    'what no directory may set',
    { op: 'add', value: { roles: ['admin'], groups: ['admins'], identities: [], id: 'bob' } },
    {},
  ],
])('%s', (_, operation, change) => {
  const { externalId: _id, ...person } = before;
  expect(patched(operation)).toEqual({ ...person, ...change });
});

test('operations follow one another', () => {
  expect(
    patched({ op: 'replace', path: 'active', value: false }, { op: 'replace', path: 'active', value: 'True' }),
  ).toMatchObject({ active: true });
});

test.each<[string, Operation, string | undefined]>([
  ['active that is a number', { op: 'replace', path: 'active', value: 0 }, 'invalidValue'],
  ['active that is another word', { op: 'replace', path: 'active', value: 'no' }, 'invalidValue'],
  ['active in capitals', { op: 'replace', path: 'active', value: 'FALSE' }, 'invalidValue'],
  ['active taken away', { op: 'remove', path: 'active' }, 'invalidValue'],
  ['active of nothing', { op: 'replace', path: 'active', value: null }, 'invalidValue'],
  ['another externalId', { op: 'replace', path: 'externalId', value: '00u2' }, 'mutability'],
  ['externalId taken away', { op: 'remove', path: 'externalId' }, 'mutability'],
  ['userName taken away', { op: 'remove', path: 'userName' }, 'invalidValue'],
  ['an empty userName', { op: 'replace', path: 'userName', value: '' }, 'invalidValue'],
  ['a name with a line break', { op: 'replace', path: 'displayName', value: 'a\nb' }, 'invalidValue'],
  ['an address that is a number', { op: 'replace', path: 'emails', value: 7 }, 'invalidValue'],
  ['another operation', { op: 'move', path: 'active', value: false }, 'invalidSyntax'],
  ['removing without a path', { op: 'remove' }, 'noTarget'],
  ['a value that is no object', { op: 'replace', value: 'x' }, 'invalidValue'],
  ['a path that cannot be read', { op: 'replace', path: 'emails[type eq "work"', value: 'x' }, 'invalidPath'],
  ['the prototype', { op: 'add', value: JSON.parse('{"__proto__": {"active": false}}') }, 'invalidPath'],
  ['an empty path', { op: 'replace', path: '', value: 'x' }, 'invalidPath'],
])('%s is refused', (_, operation, scimType) => {
  expect(() => patched(operation)).toThrow(expect.objectContaining({ status: 400, scimType }));
});
