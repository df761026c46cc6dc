import { Judge } from '@sallyport/policy';
import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { Revision } from '../policy/revision.js';
import { sampleResource, TestingControlPlane } from '../testing-control-plane.js';
import { ConnectPermissions, standingOf } from './session-validity.js';

const source = new TestingControlPlane();
const connect = (rest = ''): PolicySnapshot['policies'] => [
  { name: 'ci', cedar: `permit (principal in Group::"ci", action == Action::"connect", resource)${rest};` },
];
const groups = [{ name: 'ci', members: ['ServiceAccount::ci'] }];

/** With the policy library's own judge. */
function why(parts: Partial<PolicySnapshot>, approved = false): string | undefined {
  const revision = new Revision(
    source.snapshot({ groups, policies: connect(), ...parts }),
    (input) => new Judge(input),
  );
  const key = { kind: 'key', keyId: 'k1', account: 'ci' } as const;
  const subject = {
    evidence: { credentialId: 'k1', subject: key, shownAt: Date.now() },
    resource: 'shop',
    clientAddress: '127.0.0.1',
    protocol: 'postgres' as const,
  };
  const { upstream, credential } = sampleResource();
  const request = {
    authenticated: {
      principal: { type: 'ServiceAccount' as const, id: 'ci', groups: [], roles: [] },
      credentialId: 'k1',
    },
    resource: {
      name: 'shop',
      protocol: 'postgres' as const,
      upstream,
      credential,
      classification: [],
      fields: [],
      revision: 'r1',
    },
    clientAddress: '127.0.0.1',
    terminate: () => undefined,
  };
  const standing = standingOf({ subject, request, approved }, new ConnectPermissions(revision), Date.now());
  return standing.ends ? standing.reason : undefined;
}

test('a session goes on while everything it was admitted with still holds', () => {
  expect(why({})).toBeUndefined();
  expect(why({ resources: [{ ...sampleResource(), labels: { env: 'other' }, revision: 'r2' }] })).toBeUndefined();
});

test.each<[string, Partial<PolicySnapshot>, string]>([
  ['its grant', { policies: [] }, 'access was withdrawn'],
  ['its group', { groups: [] }, 'access was withdrawn'],
  ['its address', { policies: connect(' when { context.sourceIp == ip("10.0.0.1") }') }, 'access was withdrawn'],
  ['its resource', { resources: [] }, 'the resource is gone'],
  ['its account', { serviceAccounts: [] }, 'the credential is no longer valid'],
])('it ends when it loses %s', (_what, parts, reason) => {
  expect(why(parts)).toBe(reason);
});

test('a connection that needed an approval keeps it', () => {
  const policies = [{ name: 'ci', cedar: `@approval("dba") ${connect()[0]!.cedar}` }];
  expect(why({ policies }, true)).toBeUndefined();
});

test('a connection that nobody had to approve ends when by now somebody would have to', () => {
  const policies = [{ name: 'ci', cedar: `@approval("dba") ${connect()[0]!.cedar}` }];
  expect(why({ policies })).toBe('access was withdrawn');
});

test('a forbid ends it, also when a permit applies', () => {
  const policies = [
    ...connect(),
    { name: 'no', cedar: 'forbid (principal, action == Action::"connect", resource in Resource::"shop");' },
  ];
  expect(why({ policies })).toBe('access was withdrawn');
});
