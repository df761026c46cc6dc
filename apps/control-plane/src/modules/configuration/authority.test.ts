import type { Manifest } from '@sallyport/api-contract';
import type { Principal } from '@sallyport/domain';
import type { ApiObject } from '@sallyport/policy';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { judgeEdits, withInheritedOwner } from './authority.js';
import type { StoredObject } from './configuration.js';
import { Configuration } from './configuration.js';
import type { Edit } from './edit.js';
import { storedSpec } from './stored-spec.js';

type Spec<K extends Manifest['kind']> = Extract<Manifest, { kind: K }>['spec'];

const manifest = <K extends Manifest['kind']>(kind: K, name: string, spec: Spec<K>): Manifest =>
  ({ kind, name, spec }) as unknown as Manifest;
const key = 'ssh-ed25519 AAAA somebody’s';
const group = (name: string, members: string[], claims: Spec<'Group'>['claims'] = []) =>
  manifest('Group', name, { members, claims });
const account = (name: string, groups: string[], rest: Partial<Spec<'ServiceAccount'>> = {}) =>
  manifest('ServiceAccount', name, { groups, owner: 'alice', ...rest });
const user = (name: string, subject: string) => manifest('User', name, { identities: [{ issuer: 'corp', subject }] });
const policy = (name: string, cedar: string) => manifest('Policy', name, { cedar });
const trusted = (name: string, principal: string, issuer = 'https://ci.example.com') =>
  manifest('TrustedIssuer', name, {
    ...{ issuer, audience: 'sallyport', sessionSeconds: 3600 },
    match: [{ claims: { repository_id: '1' }, principal }],
  });
const provider = (issuer: string) =>
  manifest('IdentityProvider', 'corp', {
    ...{ protocol: 'oidc', issuer, clientId: 'sallyport', scopes: ['openid'], loginSeconds: 3600 },
  });

const made = new Date('2030-01-01T00:00:00Z');
const stored = (declared: Manifest): StoredObject => ({
  ...{ kind: declared.kind, name: declared.name, spec: storedSpec(declared, undefined), version: 1, origin: 'api' },
  ...{ createdAt: made, updatedAt: made },
});
const put = (declared: Manifest, mode: 'create' | 'replace' | 'apply' = 'apply'): Edit => ({
  ...{ op: 'put', mode, origin: 'api', manifest: declared },
});
const remove = (kind: Manifest['kind'], name: string): Edit => ({ op: 'delete', kind, name });

const callerOf = (principal: Partial<Principal>): CallerIdentity => ({
  principal: { type: 'ServiceAccount', id: 'pipeline', groups: ['ci-admins'], roles: [], owner: 'alice', ...principal },
  ...{ credentialId: 'k', personId: 'alice' },
});
const pipeline = callerOf({});
const apiRule = 'permit (principal in Group::"ci-admins", action == Api::Action::"read", resource);';
const current = new Configuration(
  [
    group(
      'admins',
      ['User::root', 'Group::ops', 'ServiceAccount::future'],
      [{ issuer: 'corp', claim: 'groups', equals: 'admins' }],
    ),
    group('ops', ['ServiceAccount::operator']),
    group('dba', ['ServiceAccount::listed']),
    user('root', '1'),
    user('bob', '2'),
    account('operator', []),
    account('admin', ['admins']),
    account('watcher', ['auditors'], { disabled: true }),
    account('ci-old', ['ci'], { expiresAt: '2030-01-01T01:00:00Z' }),
    provider('https://login.example.com'),
    trusted('github', 'ServiceAccount::ci-old'),
    policy('rules', apiRule),
    policy('shop', 'permit (principal, action == Action::"connect", resource);'),
  ].map(stored),
);

type Question = [string, string, ApiObject];
function asked(edits: Edit[], caller = pipeline, answer: (question: Question) => boolean = () => true): Question[] {
  const questions: Question[] = [];
  judgeEdits(current, edits, {
    caller,
    judge: (_, verb, collection, object) => {
      questions.push([verb, collection, object!]);
      return answer([verb, collection, object!]);
    },
  });
  return questions;
}
const refusal = (run: () => unknown): { status: number; detail: string } | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error as { status: number; detail: string };
  }
};

test('each edit is judged by its own kind and verb, before and after', () => {
  const edits = [put(group('new', [])), put(group('dba', [])), remove('Policy', 'shop'), remove('User', 'nobody')];
  expect(asked(edits)).toEqual([
    ['create', 'groups', { name: 'new', kind: 'Group' }],
    ['update', 'groups', { name: 'dba', kind: 'Group' }],
    ['update', 'groups', { name: 'dba', kind: 'Group' }],
    ['delete', 'policies', { name: 'shop', kind: 'Policy' }],
    ['delete', 'users', { name: 'nobody', kind: 'User' }],
  ]);
});

test('an account is judged by what it was and by what it would be', () => {
  const [before, after] = asked([
    put(account('ci-old', ['ci', 'dba'], { owner: 'alice', expiresAt: '2030-01-01T02:00:00Z' })),
  ]);
  const facts = { name: 'ci-old', kind: 'ServiceAccount', owner: 'alice' };
  expect(before).toEqual(['update', 'service-accounts', { ...facts, groups: ['ci'], lifetimeSeconds: 3600 }]);
  expect(after).toEqual(['update', 'service-accounts', { ...facts, groups: ['ci', 'dba'], lifetimeSeconds: 7200 }]);
});

test('SH-11: an SSH key added to an account is a key made for it', () => {
  const verbs = (edit: Edit) => asked([edit]).map(([verb, collection]) => `${verb} ${collection}`);
  const expiresAt = '2030-01-01T01:00:00Z';
  const withKey = put(account('ci-old', ['ci'], { expiresAt, sshKeys: [key] }));
  expect(verbs(withKey)).toEqual([
    ...['update service-accounts', 'update service-accounts'],
    ...['create service-account-keys', 'create service-account-keys'],
  ]);
  expect(verbs(put(account('ci-new', ['ci'], { sshKeys: [key] }), 'create'))).toHaveLength(2);
  expect(verbs(put(account('ci-old', ['ci'], { expiresAt, sshKeys: [] })))).toHaveLength(2);
  const [, , made] = asked([withKey]).at(-1)!;
  expect(made).toMatchObject({ kind: 'Key', name: 'ci-old', groups: ['ci'], owner: 'alice' });
  expect(made.lifetimeSeconds).toBeLessThanOrEqual((Date.parse(expiresAt) - Date.now()) / 1000 + 1);
  const noKeys = ([, collection]: Question) => collection !== 'service-account-keys';
  expect(refusal(() => asked([withKey], pipeline, noKeys))).toMatchObject({
    status: 403,
    detail: 'Your identity may not add keys to ServiceAccount ci-old.',
  });
});

test('a group that lists an account before it is made counts among its groups', () => {
  expect(asked([put(account('listed', ['ci']), 'create')])[0]![2].groups).toEqual(['ci', 'dba']);
  const both = asked([put(group('late', ['ServiceAccount::fresh'])), put(account('fresh', []))]);
  expect(both.at(-1)![2].groups).toEqual(['late']);
});

test('one refusal refuses the whole, and says of what', () => {
  const answer = ([, , { name }]: Question) => name !== 'dba';
  expect(refusal(() => asked([put(group('x', [])), put(group('dba', []))], pipeline, answer))).toMatchObject({
    status: 403,
    detail: 'Your identity may not update Group dba.',
  });
});

test('what would stay as it is needs a right as well', () => {
  const unchanged = put(group('dba', ['ServiceAccount::listed']));
  expect(refusal(() => asked([unchanged], pipeline, ([verb]) => verb !== 'update'))).toMatchObject({ status: 403 });
});

test.each<[string, Edit[]]>([
  ['an account in admins', [put(account('ci-1', ['admins']))]],
  ['an account in auditors', [put(account('ci-1', ['auditors']))]],
  ['an account in a group inside admins', [put(account('ci-1', ['ops']))]],
  ['an account that admins lists already', [put(account('future', []))]],
  [
    'a member more of admins',
    [put(group('admins', ['User::root', 'User::bob', 'Group::ops', 'ServiceAccount::future']))],
  ],
  ['a group more inside ops', [put(group('ops', ['ServiceAccount::operator', 'Group::dba']))]],
  [
    'a claim more of admins',
    [put(group('ops', ['ServiceAccount::operator'], [{ issuer: 'corp', claim: 'a', equals: 'b' }]))],
  ],
  ['an administrator less', [put(group('ops', []))]],
  ['no administrators at all', [remove('Group', 'admins')]],
  ['an administrator gone', [remove('ServiceAccount', 'admin')]],
  ['an administrator disabled', [put(account('admin', ['admins'], { disabled: true }))]],
  ['an auditor enabled', [put(account('watcher', ['auditors'], { disabled: false }))]],
  ['an end put off', [put(account('operator', [], { expiresAt: '2099-01-01T00:00:00Z' }))]],
  [
    "an administrator's SSH key",
    [put(manifest('User', 'root', { identities: [{ issuer: 'corp', subject: '1' }], sshKeys: [key] }))],
  ],
  ["an administrating account's SSH key", [put(account('operator', [], { sshKeys: [key] }))]],
  ["an administrator's identity changed", [put(user('root', '3'))]],
  ['the provider of an administrator moved', [put(provider('https://evil.example.com'))]],
  ['a trusted issuer that proves an administrator', [put(trusted('mine', 'ServiceAccount::operator'))]],
  ['an issuer turned to an administrator', [put(trusted('github', 'ServiceAccount::admin'))]],
  ['an issuer by the name of which administrators are known', [put(trusted('corp', 'User'))]],
  ['a rule of the API added', [put(policy('mine', apiRule.replace('"read"', '"delete"')))]],
  ['a rule of the API removed', [remove('Policy', 'rules')]],
  [
    'a rule of the API hidden in another',
    [put(policy('shop', `permit (principal, action == Action::"connect", resource); ${apiRule}`))],
  ],
])('ID-24: nobody but an administrator makes %s, whatever rules permit', (_, edits) => {
  expect(refusal(() => asked(edits))).toMatchObject({ status: 403, detail: expect.stringContaining('administrator') });
  expect(refusal(() => asked(edits, callerOf({ groups: ['admins'] })))).toBeUndefined();
  const agent = callerOf({ type: 'Agent', groups: ['admins'], actsFor: { ...pipeline.principal, type: 'User' } });
  expect(refusal(() => asked(edits, agent))).toMatchObject({ status: 403 });
});

test.each<[string, Edit[]]>([
  ['groups that lead nowhere', [put(group('dba', ['User::bob'])), put(account('ci-1', ['ci', 'dba']))]],
  ['other people', [put(user('bob', '4'))]],
  ['other issuers', [put(trusted('github', 'ServiceAccount::ci-1'))]],
  ['policies about resources', [put(policy('shop', 'permit (principal, action == Action::"select", resource);'))]],
  ['a rule of the API moved as it is', [remove('Policy', 'rules'), put(policy('elsewhere', apiRule))]],
])('whoever rules permit changes %s', (_, edits) => {
  expect(refusal(() => asked(edits))).toBeUndefined();
});

test.each<[string, string | undefined, (owner: string) => boolean, boolean]>([
  ['its own', 'alice', () => true, true],
  ['another, of which the rules say nothing', 'bob', () => true, false],
  ['another, which the rules name', 'bob', (owner) => owner === 'bob', true],
  ['another like those which the rules name', 'bob@example.com', (owner) => owner.endsWith('@example.com'), true],
  ['another than the rules name', 'eve', (owner) => owner === 'bob', false],
  ['another, where the rules only exclude some', 'eve', (owner) => owner !== 'bob', false],
])('a pipeline may make %s the owner only as the rules say', (_, owner, rule, expected) => {
  const edits = [put(account('ci-9', ['ci'], { owner }), 'create')];
  const run = () => asked(edits, pipeline, ([, , object]) => rule(object.owner ?? ''));
  expect(refusal(run)?.status).toBe(expected ? undefined : 403);
});

test('a person may answer for what they make', () => {
  const carol = callerOf({ type: 'User', id: 'carol', owner: undefined });
  for (const owner of ['carol', 'User::carol'])
    expect(refusal(() => asked([put(account('x', [], { owner }))], carol))).toBeUndefined();
  expect(refusal(() => asked([put(account('x', [], { owner: 'alice' }))], carol))).toMatchObject({ status: 403 });
});

test('an owner is inherited by what is new alone', () => {
  const inherited = (declared: Manifest) => {
    const edit = withInheritedOwner(put(declared), current, pipeline);
    return edit.op === 'put' ? (edit.manifest.spec as { owner?: string }).owner : undefined;
  };
  expect(inherited(account('ci-2', ['ci'], { owner: undefined }))).toBe('alice');
  expect(inherited(account('ci-2', ['ci'], { owner: 'bob' }))).toBe('bob');
  expect(inherited(account('ci-old', ['ci'], { owner: undefined }))).toBeUndefined();
});
