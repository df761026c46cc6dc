import { request } from 'node:http';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
let reader: string;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  reader = await replica.account('reader', 'readers');
  await replica.account('ci-build');
  const cedar = `permit (
    principal in Group::"readers",
    action == Api::Action::"read",
    resource == Api::Collection::"service-accounts"
  ) when { context has object && context.object.name like "ci-*" };`;
  const made = await replica.call('POST', '/v1/policies', { body: { name: 'readers', cedar } });
  if (made.status !== 201) throw new Error(made.text);
}, 60_000);
afterAll(() => installation.stop());

/** A GET with a body, which `fetch` does not send. */
function getWith(path: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...{ authorization: `Bearer ${reader}`, 'content-type': 'application/json' },
      'content-length': String(Buffer.byteLength(body)),
    };
    const outgoing = request(replica.url + path, { method: 'GET', headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

test('ID-24: a rule about one object opens no list, whatever name the body of the request claims', async () => {
  const read = async (path: string) => (await replica.call('GET', path, { as: reader })).status;
  expect(await read('/v1/service-accounts/ci-build')).toBe(200);
  expect(await read('/v1/service-accounts/admin')).toBe(403);
  expect(await read('/v1/service-accounts')).toBe(403);
  expect(await getWith('/v1/service-accounts', JSON.stringify({ name: 'ci-build' }))).toBe(403);
});
