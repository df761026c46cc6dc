import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
}, 60_000);
afterAll(() => installation.stop());

const open = 'permit (principal, action, resource);';
const apply = (...policies: [string, string][]) =>
  replica.call('PUT', '/v1/manifests', {
    body: policies.map(([name, cedar]) => ({ kind: 'Policy', name, spec: { cedar } })),
  });

test('CP-04: nobody permits everybody everything without saying so, by manifest or by API', async () => {
  const refused = await apply(['open', open]);
  expect([refused.status, refused.text.includes('permits everybody everything')]).toEqual([422, true]);
  const posted = await replica.call('POST', '/v1/policies', { body: { name: 'open', cedar: open } });
  expect([posted.status, posted.text.includes('permits everybody everything')]).toEqual([422, true]);
  expect((await apply(['open', `@reason("a playground") ${open}`])).status).toBe(200);
});

test('an open policy from before is not touched by changes of others', async () => {
  await replica.database.query(
    `UPDATE objects SET spec = jsonb_set(spec, '{cedar}', to_jsonb($1::text)) WHERE name = 'open'`,
    [open],
  );
  expect((await apply(['other', 'permit (principal in Group::"a", action, resource);'])).status).toBe(200);
  expect((await apply(['open', `${open}\n`])).status).toBe(422);
});
