import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { Judge } from '@sallyport/policy';
import type { Evidence } from '../authentication/evidence.js';
import { TestingControlPlane } from '../testing-control-plane.js';
import { compileWords, selectAction, silentLog } from '../testing-gateway.js';
import { inMilliseconds, loginId, organisation } from '../testing-identity.js';
import type { CompilePolicies } from './judge.js';
import { PolicyCache } from './policy-cache.js';
import { SessionPolicy } from './session-policy.js';

const login = { kind: 'login', loginId, user: 'alice' } as const;
const alice: Evidence = { credentialId: `login:${loginId}`, subject: login, tokenId: 't', shownAt: Date.now() };
const agent: Evidence = {
  ...alice,
  actor: { credentialId: 'helper-key', evidence: { kind: 'key', keyId: 'helper-key', account: 'helper' } },
};
const read = {
  ...selectAction(),
  effects: [
    {
      verb: 'select' as const,
      object: { kind: 'Table' as const, resource: 'shop', schema: 'public', table: 'orders' },
    },
  ],
};
const byRole: PolicySnapshot['policies'] = [
  { name: 'p', cedar: 'permit (principal in Role::"writer", action, resource);' },
];

function setUp(parts: Partial<PolicySnapshot>, compile: CompilePolicies = (input) => new Judge(input)) {
  const source = new TestingControlPlane();
  let compiled = 0;
  let retired = 0;
  const policies = new PolicyCache({
    gateway: () => 'local',
    pinnedKeys: () => [{ keyId: source.keyId, publicKey: source.publicJwk() }],
    highestRevision: () => 0,
    sawRevision: () => undefined,
    compile: (input) => {
      compiled += 1;
      const judge = compile(input);
      return {
        forSession: (facts) => judge.forSession(facts),
        resolveGroups: (ref, known) => judge.resolveGroups(ref, known),
        retire: () => {
          retired += 1;
          judge.retire();
        },
      };
    },
    log: silentLog,
  });
  let published = 0;
  const publish = (change: Partial<PolicySnapshot>) => {
    const issuedAt = inMilliseconds((published += 1));
    const snapshot = source.snapshot({ ...organisation(), policies: byRole, ...parts, ...change, issuedAt });
    return policies.publish(source.sign(snapshot));
  };
  expect(publish({})).toEqual({ accepted: true });
  let now = Date.now();
  const session = (evidence: Evidence, resource = 'shop') =>
    new SessionPolicy(policies, { evidence, resource, clientAddress: '127.0.0.1', protocol: 'postgres' }, () => now);
  return { publish, session, counts: () => [compiled, retired], setTime: (time: number) => (now = time), policies };
}

const grant = (expiresAt: number, change: object = {}) => ({
  ...{ id: '0b5f8c3e-51a5-4a55-8b0b-2f1f6a3c9001', principal: 'User::alice', role: 'writer', resources: ['shop'] },
  expiresAt: new Date(expiresAt).toISOString(),
  ...change,
});

test('a grant is used until its instant and not after it, without a word from anybody', () => {
  const end = Date.now() + 60_000;
  const { session, setTime } = setUp({ grants: [grant(end)] });
  const policy = session(alice);
  expect(policy.judge(read).effect).toBe('permit');
  setTime(end - 1);
  expect(policy.judge(read).effect).toBe('permit');
  setTime(end);
  expect(policy.judge(read)).toMatchObject({ effect: 'deny', because: [{ code: 'no-permit' }] });
  setTime(NaN);
  expect(policy.judge(read).effect).toBe('deny');
});

test('ID-12: a grant on one resource is none on another', () => {
  const { session } = setUp({ grants: [grant(Date.now() + 60_000, { resources: ['crm'] })] });
  expect(session(alice).judge(read).effect).toBe('deny');
});

test('a login is used until its instant, whatever policy permits', () => {
  const end = Date.now() + 60_000;
  const users = organisation().users.map((user) => ({
    ...user,
    logins: user.logins.map((one) => ({ ...one, expiresAt: new Date(end).toISOString() })),
  }));
  const { session, setTime } = setUp({
    users,
    policies: [{ name: 'p', cedar: 'permit (principal, action, resource);' }],
  });
  for (const policy of [session(alice), session(agent)]) {
    setTime(end - 1);
    expect(policy.judge(read).effect).toBe('permit');
    setTime(end);
    expect(policy.judge(read)).toMatchObject({
      effect: 'deny',
      because: [{ text: 'the credential is no longer valid' }],
    });
  }
});

test('what an agent does is permitted to it and to the person, and ends with what either has', () => {
  const end = Date.now() + 60_000;
  const both = [grant(end), grant(end + 5000, { principal: 'ServiceAccount::helper' })];
  const { session, publish, setTime } = setUp({ grants: both });
  const policy = session(agent);
  expect(policy.judge(read).effect).toBe('permit');
  publish({ grants: both.slice(1) });
  expect(policy.judge(read).effect).toBe('deny');
  publish({ grants: both.slice(0, 1) });
  expect(policy.judge(read).effect).toBe('deny');
  publish({ grants: both });
  expect(policy.judge(read).effect).toBe('permit');
  setTime(end);
  expect(policy.judge(read).effect).toBe('deny');
});

test('ID-08: the next question after a revision is judged by it', () => {
  const { session, publish } = setUp({ roles: [{ name: 'writer', members: ['Group::engineers'] }] });
  const policy = session(alice);
  expect(policy.judge(read).effect).toBe('permit');
  publish({
    users: organisation().users.map((user) => ({
      ...user,
      logins: user.logins.map((one) => ({ ...one, groups: [] })),
    })),
  });
  expect(policy.judge(read).effect).toBe('deny');
  publish({});
  expect(policy.judge(read).effect).toBe('permit');
  publish({ revokedTokens: ['t'] });
  expect(policy.judge(read).effect).toBe('deny');
});

test('ID-12: a narrowed token is held to its limits, on the connection and after it', () => {
  const { session } = setUp({ policies: [{ name: 'p', cedar: 'permit (principal, action, resource);' }] });
  const judged = (limits: Evidence['limits']) => session({ ...alice, limits }).judge(read).effect;
  expect([judged(undefined), judged({ resources: ['shop'], actions: ['select'] })]).toEqual(['permit', 'permit']);
  expect([judged({ resources: ['crm'] }), judged({ actions: ['connect'] }), judged({ actions: [] })]).toEqual([
    'deny',
    'deny',
    'deny',
  ]);
});

test('a revision that changes people alone is judged by what was compiled before, under its own number', () => {
  const { publish, session, counts } = setUp({ roles: [{ name: 'writer', members: ['User::alice'] }] });
  const policy = session(alice);
  expect(policy.judge(read)).toMatchObject({ effect: 'permit', policyRevision: 1 });
  publish({ grants: [grant(Date.now() + 60_000)] });
  publish({ users: organisation().users.slice(0, 1), serviceAccounts: [], trustedIssuers: [] });
  expect(counts()).toEqual([1, 0]);
  expect(policy.judge(read)).toMatchObject({ effect: 'permit', policyRevision: 3 });
  expect(policy.judge(read)).toBe(policy.judge(read));
  publish({ roles: [] });
  expect(policy.judge(read)).toMatchObject({ effect: 'deny', policyRevision: 4 });
});

test.each<[string, Partial<PolicySnapshot>]>([
  [
    'policies',
    { policies: [...byRole, { name: 'q', cedar: 'forbid (principal, action == Action::"delete", resource);' }] },
  ],
  ['groups', { groups: organisation().groups.slice(1) }],
  [
    'labels of a resource',
    { resources: [{ ...new TestingControlPlane().snapshot().resources[0]!, labels: { env: 'x' } }] },
  ],
  [
    'classified columns',
    { resources: [{ ...new TestingControlPlane().snapshot().resources[0]!, classification: [] }] },
  ],
])('what was compiled is not used again when %s changed', (_what, change) => {
  const { publish, counts } = setUp({});
  publish(change);
  expect(counts()).toEqual([2, 1]);
  publish(change);
  expect(counts()).toEqual([2, 1]);
  publish({});
  expect(counts()).toEqual([3, 2]);
});

test('a revision that cannot be put in force leaves what was compiled in use', () => {
  const { publish, session, counts } = setUp({ policies: [] }, compileWords);
  expect(publish({ policies: [{ name: 'p', cedar: 'broken' }] })).toMatchObject({ accepted: false });
  expect(session(alice).judge(read).effect).toBe('permit');
  expect(publish({})).toEqual({ accepted: true });
  expect(counts()).toEqual([2, 0]);
  expect(session(alice).judge(read)).toMatchObject({ effect: 'permit', policyRevision: 3 });
});

test('ten thousand people are indexed in a moment', () => {
  const users = Array.from({ length: 10_000 }, (_, index) => ({
    ...{ name: `user-${index}`, disabled: false, identities: [{ issuer: 'corp', subject: `subject-${index}` }] },
    logins: [
      { id: loginId.slice(0, -5) + String(index).padStart(5, '0'), expiresAt: inMilliseconds(60_000), groups: [] },
    ],
  }));
  const grants = users.map(({ name }) => grant(Date.now() + 60_000, { principal: `User::${name}` }));
  const { session, publish, policies } = setUp({ users, grants });
  const start = process.cpuUsage();
  publish({ revokedTokens: ['x'] });
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1000).toBeLessThan(3000);
  const last = { kind: 'login', loginId: `${loginId.slice(0, -5)}09999`, user: 'user-9999' } as const;
  expect(session({ ...alice, subject: last }).judge(read).effect).toBe('permit');
  expect(policies.current!.directory.user('user-1')).toBeDefined();
});
