import { apiRoutes } from '@sallyport/api-contract';
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

const paths = [
  ...new Set(apiRoutes.map(({ path }) => path.replace('{name}', 'x').replace('{id}', crypto.randomUUID()))),
  '/oauth/token',
  '/oauth/authorize',
  '/oauth/device',
  '/scim/v2/x/Users',
  '/healthz',
];

test.each(['https://evil.example', 'null', 'https://sallyport.test.evil.example', 'https://sallyport.test'])(
  'CP-08: a page of %s is let in nowhere',
  async (origin) => {
    for (const path of paths) {
      for (const method of ['OPTIONS', 'GET', 'POST']) {
        const headers = {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, content-type',
        };
        const { headers: answered, status } = await replica.call(method, path, { headers });
        const allowed = [...answered.keys()].filter((name) => name.startsWith('access-control-'));
        expect([method, path, allowed]).toEqual([method, path, []]);
        if (method === 'OPTIONS') expect([path, status < 300]).toEqual([path, false]);
      }
    }
  },
  60_000,
);

test('CP-08: whoever comes first is nobody: nothing is open before, and no name or password comes with it', async () => {
  const fresh = await installation.replica();
  for (const guess of ['admin', 'admin:admin', 'sallyport', 'root', 'changeme', ' ']) {
    for (const scheme of ['Bearer', 'Basic']) {
      const shown = scheme === 'Basic' ? Buffer.from(guess).toString('base64') : guess;
      const headers = { authorization: `${scheme} ${shown}` };
      expect((await fresh.call('GET', '/v1/whoami', { as: null, headers })).status).toBe(401);
    }
    expect((await fresh.call('POST', '/v1/bootstrap', { as: null, body: { token: guess } })).status).not.toBe(201);
  }
});
