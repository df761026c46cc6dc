import type { DevIssuer } from '@sallyport/dev-issuer';
import { locationOf, providerManifest, startIssuer, Visitor } from '../../testing/people.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
let issuer: DevIssuer;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  issuer = await startIssuer([{ sub: 'dana-1', name: 'Dana' }]);
  const { status, text } = await replica.call('PUT', '/v1/manifests', { body: [providerManifest('dev', issuer)] });
  if (status !== 200) throw new Error(text);
}, 60_000);
afterAll(async () => {
  await issuer.close();
  await installation.stop();
});

test('strangers do not fill the audit trail with answers that no provider gave', async () => {
  for (let n = 0; n < 60; n += 1) {
    const visitor = new Visitor(replica);
    visitor.browser.stopBefore(issuer.issuer);
    const state = new URL(locationOf(await visitor.browser.get(visitor.authorizeUrl()))).searchParams.get('state')!;
    const back = `${replica.url}/auth/callback?${new URLSearchParams({ state, error: `filler ${n}` })}`;
    const page = await visitor.browser.get(back);
    expect(page.headers.get('location')).toContain('access_denied');
  }
  const { body } = await replica.call('GET', '/v1/audit?action=login.refused&limit=200');
  expect(body.items.length).toBeLessThanOrEqual(30);
}, 30_000);
