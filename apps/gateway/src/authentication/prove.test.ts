import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { Judge } from '@sallyport/policy';
import { Revision } from '../policy/revision.js';
import { TestingControlPlane } from '../testing-control-plane.js';
import {
  lineOf,
  loginId,
  organisation,
  personClaims,
  pipelineClaims,
  issuerUrl,
  sshKeysOf,
} from '../testing-identity.js';
import type { Evidence, SubjectEvidence } from './evidence.js';
import { prove } from './prove.js';

const source = new TestingControlPlane();
type Organisation = ReturnType<typeof organisation>;
const revisionOf = (change: (parts: Organisation) => Partial<PolicySnapshot> = () => ({})) => {
  const parts = organisation();
  return new Revision(source.snapshot({ ...parts, ...change(parts) }), (input) => new Judge(input));
};

const now = Date.now();
const claims = (own: Record<string, unknown>) => ({ iss: issuerUrl, aud: 'sallyport', ...own });
const key: SubjectEvidence = { kind: 'key', keyId: 'ci-key', account: 'ci' };
const sshKey: SubjectEvidence = { kind: 'sshKey', key: sshKeysOf.bob.blob.toString('base64'), ref: 'User::bob' };
const accountsSshKey: SubjectEvidence = {
  ...{ kind: 'sshKey', key: sshKeysOf.ci.blob.toString('base64'), ref: 'ServiceAccount::ci' },
};
const login: SubjectEvidence = { kind: 'login', loginId, user: 'alice' };
const person: SubjectEvidence = {
  ...{ kind: 'issuer', issuer: 'corp', subject: 'alice-at-corp' },
  ...{ claims: claims(personClaims), ref: 'User::alice' },
};
const pipeline: SubjectEvidence = {
  ...{ kind: 'issuer', issuer: 'corp', subject: 'pipeline-7' },
  ...{ claims: claims(pipelineClaims), ref: 'ServiceAccount::ci' },
};
const exchanged: SubjectEvidence = {
  ...{ kind: 'exchange', issuer: 'corp', subject: 'bob-at-corp' },
  ...{ ref: 'User::bob', groups: ['engineers', 'admins'] },
};
const exchangedAccount: SubjectEvidence = {
  ...exchanged,
  subject: 'pipeline-7',
  ref: 'ServiceAccount::ci',
  groups: [],
};
const of = (subject: SubjectEvidence, more: Partial<Evidence> = {}): Evidence => ({
  ...{ credentialId: 'c', subject, tokenId: 't', shownAt: now },
  ...more,
});
const helper = {
  credentialId: 'helper-key',
  evidence: { kind: 'key', keyId: 'helper-key', account: 'helper' },
} as const;
const agent = of(login, { actor: helper });

test.each<[string, Evidence, object]>([
  ['a key', of(key), { type: 'ServiceAccount', id: 'ci', groups: [], roles: [], owner: 'alice' }],
  ['a person’s SSH key', of(sshKey), { type: 'User', id: 'bob', groups: ['staff'], roles: ['reader'] }],
  [
    'an account’s SSH key',
    of(accountsSshKey),
    { type: 'ServiceAccount', id: 'ci', groups: [], roles: [], owner: 'alice' },
  ],
  ['a login', of(login), { type: 'User', id: 'alice', groups: ['engineers', 'staff'], roles: ['reader'] }],
  ['a person’s token', of(person), { type: 'User', id: 'alice', groups: ['engineers', 'staff'], roles: ['reader'] }],
  ['a pipeline’s token', of(pipeline), { type: 'ServiceAccount', id: 'ci', groups: [], roles: [], owner: 'alice' }],
  ['an exchanged token', of(exchanged), { type: 'User', id: 'bob', groups: ['engineers', 'staff'], roles: ['reader'] }],
  [
    'an exchanged account’s',
    of(exchangedAccount),
    { type: 'ServiceAccount', id: 'ci', groups: [], roles: [], owner: 'alice' },
  ],
  [
    'an agent for a person',
    agent,
    {
      ...{ type: 'Agent', id: 'helper', groups: ['assistants', 'bots'], roles: [], owner: 'alice' },
      actsFor: { type: 'User', id: 'alice', groups: ['engineers', 'staff'], roles: ['reader'] },
    },
  ],
])('%s proves whom it is about, with the groups and roles of now', (_what, evidence, principal) => {
  expect(prove(revisionOf(), evidence, { now })).toMatchObject({ ok: true, principal });
  expect(prove(revisionOf(), evidence, { now, resource: 'shop' })).toMatchObject({ ok: true, principal });
});

const users = (change: object) => (parts: Organisation) => ({
  users: parts.users.map((user) => ({ ...user, ...change })),
});
const accounts = (name: string, change: object) => (parts: Organisation) => ({
  serviceAccounts: parts.serviceAccounts.map((one) => (one.name === name ? { ...one, ...change } : one)),
});
const issuers = (change: object) => (parts: Organisation) => ({
  trustedIssuers: parts.trustedIssuers.map((issuer) => ({ ...issuer, ...change })),
});
const logins = (change: object) => (parts: Organisation) => ({
  users: parts.users.map((user) => ({ ...user, logins: user.logins.map((one) => ({ ...one, ...change })) })),
});
const past = new Date(now).toISOString();
const keyThat = (change: object) => [{ id: 'ci-key', hash: 'a'.repeat(64), expiresAt: null, ...change }];
const otherRules = issuers({ match: [{ claims: { kind: 'robot' }, principal: 'ServiceAccount::helper' }] });

test.each<[string, Evidence, (parts: Organisation) => Partial<PolicySnapshot>, string]>([
  ['the key is gone', of(key), accounts('ci', { keys: [] }), 'unknown-key'],
  ['the key has expired', of(key), accounts('ci', { keys: keyThat({ expiresAt: past }) }), 'key-expired'],
  ['the key is another account’s', of({ ...key, account: 'helper' }), () => ({}), 'key-of-another'],
  ['the account is disabled', of(key), accounts('ci', { disabled: true }), 'account-disabled'],
  ['the account has expired', of(key), accounts('ci', { expiresAt: past }), 'account-expired'],
  ['the SSH key is gone', of(sshKey), users({ sshKeys: [] }), 'unknown-ssh-key'],
  ['two have the SSH key', of(sshKey), users({ sshKeys: [lineOf(sshKeysOf.bob)] }), 'unknown-ssh-key'],
  ['the SSH key is another’s by now', of({ ...sshKey, ref: 'User::alice' }), () => ({}), 'ssh-key-of-another'],
  ['the SSH key’s person is disabled', of(sshKey), users({ disabled: true }), 'user-disabled'],
  ['the SSH key’s account is disabled', of(accountsSshKey), accounts('ci', { disabled: true }), 'account-disabled'],
  ['the SSH key’s account has expired', of(accountsSshKey), accounts('ci', { expiresAt: past }), 'account-expired'],
  ['the login has ended', of(login), users({ logins: [] }), 'unknown-login'],
  ['the login has expired', of(login), logins({ expiresAt: past }), 'login-expired'],
  ['the login is another’s', of({ ...login, user: 'bob' }), () => ({}), 'login-of-another'],
  ['the user is disabled (login)', of(login), users({ disabled: true }), 'user-disabled'],
  ['the user is disabled (token)', of(person), users({ disabled: true }), 'user-disabled'],
  ['the user is disabled (exchange)', of(exchanged), users({ disabled: true }), 'user-disabled'],
  ['the user is gone', of(person), () => ({ users: [] }), 'unknown-user'],
  ['the identity is gone', of(person), users({ identities: [] }), 'unknown-user'],
  ['the identity is gone (exchange)', of(exchanged), users({ identities: [] }), 'unknown-user'],
  [
    'the identity is another’s by now',
    of(exchanged),
    (parts) => ({
      users: [{ ...parts.users[0]!, identities: [{ issuer: 'corp', subject: 'bob-at-corp' }] }],
    }),
    'identity-of-another',
  ],
  [
    'two people have the identity',
    of(exchanged),
    users({ identities: [{ issuer: 'corp', subject: 'bob-at-corp' }] }),
    'unknown-user',
  ],
  ['the issuer is gone (token)', of(person), () => ({ trustedIssuers: [] }), 'unknown-issuer'],
  ['the issuer is gone (exchange)', of(exchanged), () => ({ trustedIssuers: [] }), 'unknown-issuer'],
  ['the issuer goes by another name', of(pipeline), issuers({ name: 'corp2' }), 'unknown-issuer'],
  ['the issuer is for another audience', of(person), issuers({ audience: ['elsewhere'] }), 'no-rule'],
  ['the issuer has another URL', of(pipeline), issuers({ issuer: 'https://elsewhere.test' }), 'no-rule'],
  ['its rule is gone (token)', of(pipeline), otherRules, 'no-rule'],
  ['its rule is gone (person’s exchange)', of(exchanged), otherRules, 'no-rule'],
  ['its rule is gone (account’s exchange)', of(exchangedAccount), otherRules, 'no-rule'],
  [
    'its rule gives another principal by now',
    of(pipeline),
    issuers({ match: [{ claims: { kind: 'pipeline' }, principal: 'ServiceAccount::helper' }] }),
    'no-rule',
  ],
  [
    'its rule gives a person by now',
    of(pipeline),
    issuers({ match: [{ claims: { kind: 'pipeline' }, principal: 'User' }] }),
    'no-rule',
  ],
  ['the account is disabled (token)', of(pipeline), accounts('ci', { disabled: true }), 'account-disabled'],
  ['the account is gone (exchange)', of(exchangedAccount), () => ({ serviceAccounts: [] }), 'unknown-account'],
  [
    'the session is older than the issuer allows',
    of(person, { shownAt: now - 3_600_000 }),
    () => ({}),
    'session-too-old',
  ],
  [
    'the issuer allows less by now',
    of(exchanged, { shownAt: now - 60_000 }),
    issuers({ sessionSeconds: 60 }),
    'session-too-old',
  ],
  ['the token was withdrawn', of(login), () => ({ revokedTokens: ['t'] }), 'token-revoked'],
  ['the agent’s token was withdrawn', agent, () => ({ revokedTokens: ['t'] }), 'token-revoked'],
  ['the agent’s key is gone', agent, accounts('helper', { keys: [] }), 'unknown-key'],
  ['the agent is disabled', agent, accounts('helper', { disabled: true }), 'account-disabled'],
  ['the agent has expired', agent, accounts('helper', { expiresAt: past }), 'account-expired'],
  ['the agent’s person is disabled', agent, users({ disabled: true }), 'user-disabled'],
  ['the agent’s person signed out', agent, users({ logins: [] }), 'unknown-login'],
  ['the agent acts for an account', of(key, { actor: helper }), () => ({}), 'actor-for-no-person'],
  [
    'the issuer of the agent is gone',
    of(login, {
      actor: { credentialId: 'issuer:corp:0', evidence: { kind: 'issuer-account', issuer: 'corp', account: 'ci' } },
    }),
    () => ({ trustedIssuers: [] }),
    'unknown-issuer',
  ],
  [
    'no rule names the agent',
    of(login, {
      actor: { credentialId: 'issuer:corp:0', evidence: { kind: 'issuer-account', issuer: 'corp', account: 'helper' } },
    }),
    () => ({}),
    'no-rule',
  ],
  [
    'the session is older than the issuer of the agent allows',
    of(login, {
      actor: { credentialId: 'issuer:corp:0', evidence: { kind: 'issuer-account', issuer: 'corp', account: 'ci' } },
      shownAt: now - 3_600_000,
    }),
    () => ({}),
    'session-too-old',
  ],
])('ID-08: nobody is proved when %s', (_what, evidence, change, reason) => {
  expect(prove(revisionOf(change), evidence, { now })).toEqual({ ok: false, reason });
});

test('ID-08: groups and roles are those of the revision asked, not those of the login', () => {
  const without = revisionOf((parts) => ({ ...logins({ groups: [] })(parts), roles: [] }));
  expect(prove(without, of(login), { now })).toMatchObject({ principal: { groups: ['staff'], roles: [] } });
  const noClaims = revisionOf(() => ({ claimGroups: [] }));
  for (const evidence of [of(person), of(exchanged)])
    expect(prove(noClaims, evidence, { now })).toMatchObject({ principal: { groups: ['staff'] } });
});

test.each<[string, unknown, boolean]>([
  ['the text itself', 'eng', true],
  ['a list that holds it', ['x', 'eng'], true],
  ['another case', 'ENG', false],
  ['a longer text', 'eng2', false],
  ['a list in a list', [['eng']], false],
  ['a list as text', '["eng"]', false],
  ['an object', { eng: true }, false],
  ['nothing', null, false],
])('ID-10: a claim gives its group by exact text: %s', (_what, groups, member) => {
  const evidence = of({ ...person, claims: claims({ ...personClaims, groups }) } as SubjectEvidence);
  const proof = prove(revisionOf(), evidence, { now });
  expect(proof.ok && proof.principal.groups.includes('engineers')).toBe(member);
});

test('ID-10: a claim of one issuer gives no group that another issuer’s gives', () => {
  const other = revisionOf(() => ({
    claimGroups: [{ group: 'engineers', issuer: 'other', claim: 'groups', equals: 'eng' }],
  }));
  for (const evidence of [of(person), of(exchanged)])
    expect(prove(other, evidence, { now })).toMatchObject({ principal: { groups: ['staff'] } });
});

describe('grants', () => {
  const grant = (change: object = {}) => ({
    ...{ id: '0b5f8c3e-51a5-4a55-8b0b-2f1f6a3c9001', principal: 'User::alice', role: 'writer', resources: ['shop'] },
    expiresAt: new Date(now + 5000).toISOString(),
    ...change,
  });
  const roles = (change: object, evidence = of(login), at = now, resource: string | undefined = 'shop') => {
    const proof = prove(
      revisionOf(() => ({ grants: [grant(change)] })),
      evidence,
      { now: at, ...(resource && { resource }) },
    );
    return proof.ok ? proof.principal.roles : proof.reason;
  };

  test('a grant gives its role on its resources, to its holder, until its instant', () => {
    expect(roles({})).toEqual(['reader', 'writer']);
    expect(roles({ resources: ['crm'] })).toEqual(['reader']);
    expect(roles({ resources: [] })).toEqual(['reader']);
    expect(roles({ principal: 'User::bob' })).toEqual(['reader']);
    expect(roles({ principal: 'Group::staff' })).toEqual(['reader']);
    expect(roles({ role: 'unknown' })).toEqual(['reader']);
    expect(roles({}, of(login), now + 4999)).toEqual(['reader', 'writer']);
    expect(roles({}, of(login), now + 5000)).toEqual(['reader']);
    expect(roles({}, of(login), now, '')).toEqual(['reader']);
  });

  test('an agent’s roles are the account’s, the person’s stay the person’s', () => {
    const both = (principal: string) => {
      const proof = prove(
        revisionOf(() => ({ grants: [grant({ principal })] })),
        agent,
        { now, resource: 'shop' },
      );
      return proof.ok && [proof.principal.roles, proof.principal.actsFor?.roles];
    };
    expect(both('ServiceAccount::helper')).toEqual([['writer'], ['reader']]);
    expect(both('Agent::helper')).toEqual([['writer'], ['reader']]);
    expect(both('User::alice')).toEqual([[], ['reader', 'writer']]);
  });

  test('what is proved is to be proved again when the first of its parts ends', () => {
    const until = (change: Parameters<typeof revisionOf>[0], evidence: Evidence) => {
      const proof = prove(revisionOf(change), evidence, { now, resource: 'shop' });
      return proof.ok && proof.until - now;
    };
    expect(until(() => ({}), of(key))).toBe(Infinity);
    expect(until(() => ({ grants: [grant()] }), of(login))).toBe(5000);
    expect(until(() => ({ grants: [grant()] }), agent)).toBe(5000);
    expect(until(() => ({}), of(person))).toBe(3_600_000);
    expect(until(accounts('ci', { expiresAt: new Date(now + 700).toISOString() }), of(pipeline))).toBe(700);
    expect(until(accounts('helper', { expiresAt: new Date(now + 600).toISOString() }), agent)).toBe(600);
    expect(until(logins({ expiresAt: new Date(now + 500).toISOString() }), agent)).toBe(500);
    expect(until(accounts('ci', { keys: keyThat({ expiresAt: new Date(now + 400).toISOString() }) }), of(key))).toBe(
      400,
    );
  });
});
