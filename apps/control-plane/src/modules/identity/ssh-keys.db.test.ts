import { createHash } from 'node:crypto';
import type { Replica, TestInstallation } from '../../testing/replica.js';
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

/** RFC 8709 §4. */
function key(seed: string): string {
  const fields = [Buffer.from('ssh-ed25519'), createHash('sha256').update(seed).digest()];
  const blob = Buffer.concat(fields.flatMap((field) => [Buffer.from([0, 0, 0, field.length]), field]));
  return `ssh-ed25519 ${blob.toString('base64')}`;
}
const apply = (...body: object[]) => replica.call('PUT', '/v1/manifests', { body });
const person = (name: string, spec: object) => ({ kind: 'User', name, spec });
const account = (name: string, spec: object) => ({ kind: 'ServiceAccount', name, spec: { owner: 'alice', ...spec } });
const registered = async () => {
  const { users, serviceAccounts } = await replica.app
    .get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false })
    .build('local');
  return Object.fromEntries([...users, ...serviceAccounts].map(({ name, sshKeys }) => [name, sshKeys]));
};

test('SSH keys of manifests reach gateways, without their comments', async () => {
  const { status, body } = await apply(
    person('alice', { sshKeys: [`${key('laptop')} alice’s laptop`, key('desk')] }),
    account('deploy', { sshKeys: [`${key('runner')} runner`] }),
    account('none', {}),
  );
  expect([status, body.changes]).toMatchObject([
    200,
    [{ change: 'created' }, { change: 'created' }, { change: 'created' }],
  ]);
  expect(await registered()).toMatchObject({
    alice: [key('laptop'), key('desk')],
    deploy: [key('runner')],
    none: undefined,
  });
  expect((await replica.call('GET', '/v1/users/alice')).body.sshKeys[0]).toBe(`${key('laptop')} alice’s laptop`);
});

test('a key has one holder; who has it is said', async () => {
  const { status, body } = await apply(account('thief', { sshKeys: [key('new'), `${key('laptop')} mine`] }));
  expect(status).toBe(422);
  expect(body.errors).toEqual([{ document: 1, path: 'spec.sshKeys.1', reason: 'is registered to User alice already' }]);
  const wrong = await apply(person('bob', { sshKeys: ['ssh-ed25519 AAAA'] }));
  expect([wrong.status, wrong.body.errors[0].path]).toEqual([422, 'spec.sshKeys.0']);
});

test('the API adds and removes them; other changes leave them', async () => {
  await replica.call('PATCH', '/v1/users/alice', { body: { displayName: 'Alice' } });
  await replica.call('PATCH', '/v1/service-accounts/deploy', { body: { groups: ['ci'] } });
  expect(await registered()).toMatchObject({ alice: [key('laptop'), key('desk')], deploy: [key('runner')] });
  const taken = await replica.call('PATCH', '/v1/users/alice', { body: { sshKeys: [key('runner')] } });
  expect([taken.status, taken.body.errors]).toEqual([
    422,
    [{ path: 'sshKeys.0', reason: 'is registered to ServiceAccount deploy already' }],
  ]);
  await replica.call('PATCH', '/v1/users/alice', { body: { sshKeys: [] } });
  expect(await registered()).toMatchObject({ alice: undefined, deploy: [key('runner')] });
  const made = await replica.call('POST', '/v1/users', { body: { name: 'carol', sshKeys: [key('laptop')] } });
  expect([made.status, made.body.sshKeys]).toEqual([201, [key('laptop')]]);
});

test('a directory that says who works here takes no keys away', async () => {
  const provider = { protocol: 'oidc', issuer: 'https://idp.example.com', clientId: 'sallyport' };
  await apply({ kind: 'IdentityProvider', name: 'corp', spec: provider });
  await apply(person('dan', { identities: [{ issuer: 'corp', subject: 'dan-1' }], sshKeys: [key('dan')] }));
  const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
  const { status } = await replica.call('POST', '/scim/v2/corp/Users', {
    body: JSON.stringify({ schemas, userName: 'dan', externalId: 'dan-1', displayName: 'Dan', active: true }),
    headers: { 'content-type': 'application/scim+json' },
  });
  expect(status).toBe(201);
  expect((await replica.call('GET', '/v1/users/dan')).body).toMatchObject({
    displayName: 'Dan',
    sshKeys: [key('dan')],
  });
});
