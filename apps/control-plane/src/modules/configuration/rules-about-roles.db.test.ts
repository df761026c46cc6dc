import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
let guest: string;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  guest = await replica.account('guest');
  const spec = { members: ['ServiceAccount::guest'] };
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [{ kind: 'Role', name: 'outsider', spec }],
  });
  if (status !== 200) throw new Error(text);
}, 60_000);
afterAll(() => installation.stop());

const scope = 'action == Api::Action::"read", resource == Api::Collection::"groups"';

test.each([
  ['its scope', `forbid (principal in Role::"outsider", ${scope});`],
  ['a condition', `forbid (principal, ${scope}) when { principal in Role::"outsider" };`],
])('CP-04: a forbid of the API that asks for a role in %s is refused: it would never hold', async (where, forbid) => {
  const cedar = `permit (principal, ${scope});\n${forbid}`;
  const body = { name: where.replace(' ', '-'), cedar };
  const { status } = await replica.call('POST', '/v1/policies', { body });
  expect([status, (await replica.call('GET', '/v1/groups', { as: guest })).status]).toEqual([422, 403]);
});
