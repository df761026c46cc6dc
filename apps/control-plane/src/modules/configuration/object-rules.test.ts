import type { StoredObject } from './configuration.js';
import { Configuration } from './configuration.js';
import { objectIssues } from './object-rules.js';
import type { PlannedChange } from './plan.js';

const at = new Date(0);
const object = (kind: StoredObject['kind'], name: string, spec: object): StoredObject =>
  ({ kind, name, spec, version: 1, origin: 'api', createdAt: at, updatedAt: at }) as StoredObject;
const user = (name: string, ...identities: [string, string][]) =>
  object('User', name, { identities: identities.map(([issuer, subject]) => ({ issuer, subject })) });
const account = (name: string, owner: string | null) => object('ServiceAccount', name, { owner });
const withKeys = (kind: 'User' | 'ServiceAccount', name: string, ...sshKeys: string[]) =>
  object(kind, name, { identities: [], owner: 'alice', sshKeys });
const issuer = (kind: 'TrustedIssuer' | 'IdentityProvider', name: string) => object(kind, name, { match: [] });

const current = [
  user('alice', ['corp', '1']),
  user('bob', ['corp', '2']),
  account('old', null),
  issuer('IdentityProvider', 'corp'),
  withKeys('ServiceAccount', 'deploy', 'ssh-ed25519 AAAA old laptop'),
];
const planned = (before: StoredObject | undefined, after: StoredObject | undefined): PlannedChange => {
  const { kind, name } = (after ?? before)!;
  return {
    ...{ kind, name, before, change: !after ? 'deleted' : before ? 'updated' : 'created' },
    ...(after && { after: { spec: after.spec, origin: 'api' as const } }),
  };
};
const issuesOf = (...changes: [StoredObject | undefined, StoredObject | undefined][]) =>
  objectIssues(
    changes.map(([before, after]) => planned(before, after)),
    new Configuration(current),
  ).map(({ kind, name, path, reason }) => `${kind} ${name} ${path} ${reason}`);

test('somebody answers for every account', () => {
  expect(issuesOf([undefined, account('new', null)])).toEqual([
    'ServiceAccount new spec.owner is required: the person who answers for the account',
  ]);
  expect(issuesOf([undefined, account('new', 'alice')], [undefined, account('admin', null)])).toEqual([]);
  expect(issuesOf([account('x', 'alice'), account('x', null)])).toHaveLength(1);
  expect(issuesOf([account('x', 'alice'), undefined])).toEqual([]);
});

test('an account that has been without since before may stay so', () => {
  expect(issuesOf([current[2], account('old', null)])).toEqual([]);
});

test('ID-05: an identity is one person, exactly', () => {
  expect(issuesOf([undefined, user('eve', ['corp', '1'])])).toEqual([
    'User eve spec.identities.0 is the identity of User alice already',
  ]);
  expect(issuesOf([undefined, user('eve', ['corp', '3'], ['corp', '3'])])).toEqual([
    'User eve spec.identities.1 is listed twice',
  ]);
  expect(issuesOf([undefined, user('a', ['corp', '9'])], [undefined, user('b', ['corp', '9'])])).toHaveLength(1);
  expect(issuesOf([undefined, user('eve', ['other', '1'], ['corp', '1 '])])).toEqual([]);
});

test('an identity can pass from one person to another in one change', () => {
  expect(issuesOf([current[0], undefined], [undefined, user('eve', ['corp', '1'])])).toEqual([]);
  expect(issuesOf([current[0], user('alice', ['corp', '2'])], [current[1], user('bob', ['corp', '1'])])).toEqual([]);
});

test('ID-04: an issuer has its name for itself', () => {
  expect(issuesOf([undefined, issuer('TrustedIssuer', 'corp')])).toEqual([
    'TrustedIssuer corp name is the name of another issuer, of kind IdentityProvider, already',
  ]);
  expect(
    issuesOf([undefined, issuer('TrustedIssuer', 'x')], [undefined, issuer('IdentityProvider', 'x')]),
  ).toHaveLength(2);
  expect(issuesOf([current[3], undefined], [undefined, issuer('TrustedIssuer', 'corp')])).toEqual([]);
});

test('SH-11: an SSH key is one principal’s, whatever its comment says', () => {
  expect(issuesOf([undefined, withKeys('User', 'eve', 'ssh-ed25519 BBBB', 'ssh-ed25519 AAAA mine')])).toEqual([
    'User eve spec.sshKeys.1 is registered to ServiceAccount deploy already',
  ]);
  expect(issuesOf([undefined, withKeys('ServiceAccount', 'ci', 'ssh-ed25519 B', 'ssh-ed25519 B again')])).toEqual([
    'ServiceAccount ci spec.sshKeys.1 is listed twice',
  ]);
  const both = ['User', 'ServiceAccount'] as const;
  expect(
    issuesOf(...both.map((kind): [undefined, StoredObject] => [undefined, withKeys(kind, 'x', 'ssh-rsa C')])),
  ).toEqual(['ServiceAccount x spec.sshKeys.0 is registered to User x already']);
  expect(issuesOf([undefined, withKeys('User', 'deploy', 'ssh-ed25519 AAAB')])).toEqual([]);
});

test('an SSH key can pass from an account to a person in one change', () => {
  const [deploy] = current.slice(-1);
  expect(issuesOf([deploy, undefined], [undefined, withKeys('User', 'eve', 'ssh-ed25519 AAAA')])).toEqual([]);
  expect(issuesOf([deploy, withKeys('ServiceAccount', 'deploy', 'ssh-ed25519 AAAA new')])).toEqual([]);
});
