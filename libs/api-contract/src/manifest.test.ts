import { manifest, manifestQuery, resourceSpec } from './index.js';

const spec = {
  protocol: 'postgres',
  upstream: { host: 'db.example.com', port: 5432 },
  credential: { username: 'app', password: { value: 'secret' } },
};
const pathsOf = (input: object): string[] =>
  resourceSpec.safeParse({ ...spec, ...input }).error?.issues.map(({ path }) => path.join('.')) ?? [];

test('what is not said is the safe thing', () => {
  const parsed = resourceSpec.parse({ ...spec, classification: [{ column: 'public.customers.ssn' }] });
  expect(parsed).toMatchObject({
    upstream: { tls: 'verify-full' },
    labels: {},
    classification: [{ tags: [], mask: 'redact' }],
  });
});

test.each([
  ['another protocol', { protocol: 'mysql' }, 'protocol'],
  ['a port out of range', { upstream: { host: 'h', port: 65_536 } }, 'upstream.port'],
  ['a host with a path', { upstream: { host: 'h/x', port: 1 } }, 'upstream.host'],
  ['TLS without verification', { upstream: { host: 'h', port: 1, tls: 'require' } }, 'upstream.tls'],
  ['a certificate that is none', { upstream: { host: 'h', port: 1, ca: '/etc/ca.pem' } }, 'upstream.ca'],
  [
    'two sources of a password',
    { credential: { username: 'u', password: { value: 'a', env: 'B' } } },
    'credential.password',
  ],
  ['a password as text', { credential: { username: 'u', password: 'a' } }, 'credential.password'],
  ['a column without its table', { classification: [{ column: 'ssn' }] }, 'classification.0.column'],
  ['a column of another database', { classification: [{ column: 'a.b.c.d' }] }, 'classification.0.column'],
  ['an unknown mask', { classification: [{ column: 'a.b.c', mask: 'none' }] }, 'classification.0.mask'],
  [
    'one column twice, however it is quoted',
    { classification: [{ column: 'a.b.c' }, { column: 'a."b".c' }] },
    'classification.1.column',
  ],
])('%s is refused', (_, input, path) => {
  expect(pathsOf(input)).toEqual([path]);
});

test('a refused value is not quoted back', () => {
  const { error } = resourceSpec.safeParse({
    ...spec,
    credential: { username: 'u', password: { value: 'hunter2', x: 1 } },
  });
  expect(JSON.stringify(error!.issues.map(({ message }) => message))).not.toContain('hunter2');
});

test.each(['a', 'ci', 'shop-1', 'alice@example.com', 'x'.repeat(128)])('%s is a name', (name) => {
  expect(manifest.safeParse({ kind: 'Group', name, spec: {} }).success).toBe(true);
});

test.each(['', 'A', '-a', 'a-', '..', 'a/b', 'a b', 'a:b', 'ä', 'x'.repeat(129)])('%j is no name', (name) => {
  expect(manifest.safeParse({ kind: 'Group', name, spec: {} }).success).toBe(false);
});

test('members are principals and groups, spelt as in policies', () => {
  const members = (list: string[]) => manifest.safeParse({ kind: 'Group', name: 'g', spec: { members: list } }).success;
  expect(members(['User::alice@example.com', 'ServiceAccount::ci', 'Agent::x', 'Group::dba'])).toBe(true);
  for (const wrong of ['alice', 'Role::x', 'User::', 'User::"x"', 'User:: x']) expect(members([wrong])).toBe(false);
});

test('a group may be who comes with a claim', () => {
  const claims = [{ issuer: 'corp', claim: 'groups', equals: 'dba' }];
  expect(manifest.parse({ kind: 'Group', name: 'g', spec: { claims } }).spec).toEqual({ members: [], claims });
  const wrong = { kind: 'Group', name: 'g', spec: { claims: [{ issuer: 'corp', claim: 'groups', equals: 7 }] } };
  expect(manifest.safeParse(wrong).error?.issues[0]?.path).toEqual(['spec', 'claims', 0, 'equals']);
});

test('flags are on when they are there', () => {
  expect(manifestQuery.parse({ dryRun: '', prune: 'true' })).toEqual({ dryRun: true, prune: true });
  expect(manifestQuery.parse({ prune: '0' })).toEqual({ dryRun: false, prune: false });
  expect(manifestQuery.safeParse({ prune: 'yes' }).success).toBe(false);
});
