import { objectName } from '@sallyport/api-contract';
import fc from 'fast-check';
import { Configuration, type StoredObject } from '../configuration/configuration.js';
import { newUserName, newUserSpec } from './new-user.js';

const empty = new Configuration([]);
const object = (kind: StoredObject['kind'], name: string, spec: object) =>
  ({ kind, name, spec, version: 1, origin: 'api', createdAt: new Date(), updatedAt: new Date() }) as StoredObject;

test('ID-10: whatever the subject is, the name is one, and begins with the provider', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 255 }), (subject) => {
      const name = newUserName({ provider: 'dev', subject }, empty);
      expect(objectName.safeParse(name).success).toBe(true);
      expect(name).toMatch(/^dev-.*[0-9a-f]{10}$/);
    }),
  );
});

test('ID-05: nobody gets the name of another by choosing a subject', () => {
  for (const subject of ['admin', 'alice', 'User::alice', 'alice"', '../alice', '{{email}}']) {
    expect(newUserName({ provider: 'dev', subject }, empty)).not.toBe('alice');
  }
  const names = ['Alice', 'alice', 'ALICE', 'a.lice'].map((subject) =>
    newUserName({ provider: 'dev', subject }, empty),
  );
  expect(new Set(names).size).toBe(4);
});

test.each([
  ['a user has it', (name: string) => object('User', name, { identities: [], disabled: false })],
  ['a group names it', (name: string) => object('Group', 'g', { members: [`User::${name}`], claims: [] })],
  ['a role names it', (name: string) => object('Role', 'r', { members: [`User::${name}`] })],
  ['an account is owned by it', (name: string) => object('ServiceAccount', 's', { owner: name })],
])('the name is another one when %s', (_, holder) => {
  const identity = { provider: 'dev', subject: 'alice' };
  const first = newUserName(identity, empty);
  const second = newUserName(identity, new Configuration([holder(first)]));
  expect(second).not.toBe(first);
  expect(second.startsWith(first)).toBe(true);
});

test('what is only shown is left out where it cannot be shown', () => {
  const identity = { provider: 'dev', subject: 's', claims: {} };
  expect(newUserSpec({ ...identity, email: 'a b@example.com', displayName: 'a\nb' })).toMatchObject({
    email: null,
    displayName: null,
  });
  expect(newUserSpec({ ...identity, email: 'a@example.com', displayName: 'A B' })).toMatchObject({
    email: 'a@example.com',
    displayName: 'A B',
  });
});
