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

const trail = async (): Promise<{ detail: object }> => {
  const { text } = await replica.call('GET', '/v1/audit?limit=1');
  return (JSON.parse(text) as { items: { detail: object }[] }).items[0]!;
};

test('CP-04: nobody permits everybody everything unnoticed, by manifest or by API', async () => {
  expect((await apply(['open', open])).status).toBe(200);
  expect(await trail()).toMatchObject({ target: 'Policy::open', detail: { permitsEverybodyEverything: true } });
  expect((await replica.call('POST', '/v1/policies', { body: { name: 'posted', cedar: open } })).status).toBe(201);
  expect(await trail()).toMatchObject({ target: 'Policy::posted', detail: { permitsEverybodyEverything: true } });
  expect((await apply(['said', `@reason("a playground") ${open}`])).status).toBe(200);
  expect((await trail()).detail).not.toHaveProperty('permitsEverybodyEverything');
});
