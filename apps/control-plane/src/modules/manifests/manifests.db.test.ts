import type { Answer, Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { SNAPSHOT_SOURCE, type SnapshotSource } from '../gateways/snapshot-source.js';

let installation: TestInstallation;
let replica: Replica;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
}, 60_000);
afterAll(() => installation.stop());

const apply = (yaml: string, query = ''): Promise<Answer> =>
  replica.call('PUT', `/v1/manifests${query}`, { body: yaml });
const changes = (answer: Answer): string[] =>
  (answer.body.changes as { kind: string; name: string; change: string }[]).map(
    ({ kind, name, change }) => `${kind} ${name} ${change}`,
  );
const read = async (path: string): Promise<Answer> => replica.call('GET', `/v1/${path}`);
const auditLength = async (): Promise<number> => (await read('audit/integrity')).body.entries as number;

const shop = (host = '127.0.0.1') => `kind: Resource
name: shop
spec:
  protocol: postgres
  labels: {env: prod}
  upstream: {host: ${host}, port: 5433, database: shop, tls: disable}
  credential: {username: app, password: {value: hunter2}}
  classification:
    - {column: public.customers.email, tags: [pii], mask: pseudonym}
    - {column: public.customers.ssn, tags: [pii, secret]}
`;
const account = 'kind: ServiceAccount\nname: ci\nspec: {groups: [ci], owner: alice@example.com}\n';
const policy = (cedar: string, name = 'p') => `kind: Policy\nname: ${name}\nspec:\n  cedar: |\n    ${cedar}\n`;
const permit = 'permit (principal in Group::"ci", action == Action::"connect", resource in Resource::"shop");';

/** An Ed25519 certificate, field by field as OpenSSH's PROTOCOL.certkeys has them. @param role 1 a user's, 2 a host's */
function userCertificate(id: string, role = 1): string {
  const field = (content: string | Buffer): Buffer => {
    const bytes = Buffer.from(content);
    return Buffer.concat([Buffer.of(0, 0, 0, bytes.length), bytes]);
  };
  const type = 'ssh-ed25519-cert-v01@openssh.com';
  const key = [field(type), field(Buffer.alloc(32)), field(Buffer.alloc(32)), Buffer.alloc(8)];
  const holder = [Buffer.of(0, 0, 0, role), field(id), field(field('app')), Buffer.alloc(16)];
  const rest = ['', '', '', 'authority', 'signature'].map(field);
  return `${type} ${Buffer.concat([...key, ...holder, ...rest]).toString('base64')}`;
}

test('everything is applied, and applying it again changes nothing', async () => {
  const all = [
    shop(),
    account,
    policy(permit),
    'kind: Group\nname: dba\nspec: {members: ["ServiceAccount::ci"]}\n',
  ].join('---\n');
  const first = await apply(all);
  expect(first.status).toBe(200);
  expect(changes(first)).toEqual([
    'Resource shop created',
    'ServiceAccount ci created',
    'Policy p created',
    'Group dba created',
  ]);
  const entries = await auditLength();
  const again = await apply(all);
  expect(changes(again).every((change) => change.endsWith(' unchanged'))).toBe(true);
  expect(again.body.revision).toBe(first.body.revision);
  expect(await auditLength()).toBe(entries);
  expect((await read('resources/shop')).body).toMatchObject({
    version: 1,
    upstream: { host: '127.0.0.1', tls: 'disable' },
    classification: [{ mask: 'pseudonym' }, { column: 'public.customers.ssn', mask: 'redact' }],
  });
});

test('what is wrong anywhere changes nothing anywhere', async () => {
  const before = (await read('resources')).text + (await read('policies')).text;
  const answer = await apply(
    [shop('db.example.com'), policy('permit (principal, action == Action::"fly", resource);', 'wrong')].join('---\n'),
  );
  expect(answer.status).toBe(422);
  expect(answer.body.code).toBe('manifest-invalid');
  expect(answer.body.errors).toEqual([
    { document: 2, path: 'spec.cedar', reason: expect.stringMatching(/^line 1, column \d+: /) },
  ]);
  expect((await read('resources')).text + (await read('policies')).text).toBe(before);
});

test('a new password alone is a change, and so is a new host', async () => {
  const rotated = await apply(shop().replace('hunter2', 'hunter3'));
  expect(changes(rotated)).toEqual(['Resource shop updated']);
  expect(changes(await apply(shop('localhost').replace('hunter2', 'hunter3')))).toEqual(['Resource shop updated']);
  expect(changes(await apply(shop()))).toEqual(['Resource shop updated']);
});

test('a password is kept where none is given, unless it would then go elsewhere', async () => {
  const without = (yaml: string) => yaml.replace(', password: {value: hunter2}', '');
  expect(changes(await apply(without(shop())))).toEqual(['Resource shop unchanged']);
  expect(changes(await apply(without(shop()).replace('env: prod', 'env: test')))).toEqual(['Resource shop updated']);
  for (const moved of [
    shop('evil.example.com'),
    shop().replace('5433', '5434'),
    shop().replace('username: app', 'username: root'),
  ]) {
    const { status, body } = await apply(without(moved));
    expect(status).toBe(422);
    expect(body.errors[0]).toMatchObject({
      path: 'spec.credential.password',
      reason: expect.stringMatching(/given again/),
    });
  }
  const fresh = await apply(without(shop()).replace('name: shop', 'name: fresh'));
  expect(fresh.body.errors).toEqual([{ document: 1, path: 'spec.credential.password', reason: 'is required' }]);
});

test('a dry run says what would change and changes nothing', async () => {
  const before = await read('resources/shop');
  const answer = await apply(shop('db.example.com'), '?dryRun=true');
  expect(answer.body).toMatchObject({ dryRun: true, changes: [{ kind: 'Resource', name: 'shop', change: 'updated' }] });
  expect((await read('resources/shop')).text).toBe(before.text);
  expect((await apply(policy('nonsense', 'q'), '?dryRun=true')).status).toBe(422);
});

test('prune removes what manifests declared, and leaves what the API made', async () => {
  await replica.account('made-by-hand');
  const answer = await apply(account, '?prune=true');
  expect(changes(answer).sort()).toEqual([
    'Group dba deleted',
    'Policy p deleted',
    'Resource shop deleted',
    'ServiceAccount ci unchanged',
  ]);
  const left = (await read('service-accounts')).body.items as { name: string }[];
  expect(left.map(({ name }) => name)).toEqual(['admin', 'ci', 'made-by-hand']);
});

test('one name twice is refused where it stands the second time', async () => {
  const { body } = await apply([account, account].join('---\n'));
  expect(body.errors).toEqual([{ document: 2, path: 'name', reason: 'ServiceAccount ci is declared twice' }]);
});

test('a manifest that says nothing of disabled does not enable', async () => {
  await replica.call('PATCH', '/v1/service-accounts/ci', { body: { disabled: true } });
  expect(changes(await apply(account))).toEqual(['ServiceAccount ci unchanged']);
  expect((await read('service-accounts/ci')).body.disabled).toBe(true);
});

test('nobody can prune or disable the account they use', async () => {
  const own = 'kind: ServiceAccount\nname: admin\nspec: {groups: [admins], disabled: true}\n';
  expect((await apply(own)).body.code).toBe('own-account');
  expect((await replica.call('GET', '/v1/whoami')).status).toBe(200);
});

test('JSON does as well, and other types do not', async () => {
  const body = [{ kind: 'Group', name: 'json', spec: { members: [] } }];
  expect(changes(await replica.call('PUT', '/v1/manifests', { body }))).toEqual(['Group json created']);
  const text = { body: account, headers: { 'content-type': 'text/plain' } };
  expect((await replica.call('PUT', '/v1/manifests', text)).status).toBe(415);
});

test('of changes made at once each is whole, and each has its revision', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      apply(`kind: Group\nname: many-${n}\nspec: {}\n---\nkind: Group\nname: both\nspec: {members: ["User::u${n}"]}\n`),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  const revisions = answers.map(({ body }) => body.revision as number);
  expect(new Set(revisions).size).toBe(20);
  const last = answers.find(({ body }) => body.revision === Math.max(...revisions))!;
  const winner = (last.body.changes as { name: string }[])[0]!.name.replace('many-', 'User::u');
  expect((await read('groups/both')).body.members).toEqual([winner]);
});

test('a certificate is renewed and read, and its key stays', async () => {
  const host = (certificate: string, key = '{}'): string => `kind: Resource
name: host-1
spec:
  protocol: ssh
  upstream: {host: 127.0.0.1, hostKeys: [ssh-ed25519 AAAA]}
  credential: {username: app, privateKey: ${key}, certificate: ${certificate}}
`;
  const made = userCertificate('first');
  expect(changes(await apply(host(made, '{value: hunter2}')))).toEqual(['Resource host-1 created']);
  expect(changes(await apply(host(made)))).toEqual(['Resource host-1 unchanged']);
  const renewed = userCertificate('second');
  expect(changes(await apply(host(renewed)))).toEqual(['Resource host-1 updated']);
  const credential = { username: 'app', privateKey: {}, certificate: renewed };
  expect((await read('resources/host-1')).body.credential).toEqual(credential);
  const snapshots = replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false });
  const sent = (await snapshots.build('local')).resources.find(({ name }) => name === 'host-1');
  expect(sent?.credential).toEqual({ ...credential, privateKey: 'hunter2' });
  for (const wrong of [userCertificate('host', 2), 'ssh-ed25519 AAAA']) {
    const { status, body } = await apply(host(wrong));
    expect([status, body.errors]).toEqual([
      422,
      [{ document: 1, path: 'spec.credential.certificate', reason: expect.stringContaining('user certificate') }],
    ]);
  }
  const bare = host(renewed).replace('privateKey: {}', 'password: {value: hunter2}');
  expect((await apply(bare)).body.errors).toMatchObject([{ path: 'spec.credential.certificate' }]);
});

test('so does the key of a cluster’s client certificate', async () => {
  const cluster = (certificate: string, key = '{}'): string => `kind: Resource
name: cluster-1
spec:
  protocol: kubernetes
  upstream: {server: 'https://127.0.0.1:6443'}
  credential: {clientCertificate: '-----BEGIN CERTIFICATE-----${certificate}', clientKey: ${key}}
`;
  expect(changes(await apply(cluster('first', '{value: hunter2}')))).toEqual(['Resource cluster-1 created']);
  expect(changes(await apply(cluster('first')))).toEqual(['Resource cluster-1 unchanged']);
  expect(changes(await apply(cluster('second')))).toEqual(['Resource cluster-1 updated']);
});
