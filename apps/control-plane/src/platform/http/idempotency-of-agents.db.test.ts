import type { DevIssuer } from '@sallyport/dev-issuer';
import { providerManifest, startIssuer, Visitor } from '../../testing/people.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { TokenRequests } from '../../testing/token-requests.js';

let installation: TestInstallation;
let replica: Replica;
let issuer: DevIssuer;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  issuer = await startIssuer([{ sub: 'dana-1', name: 'Dana' }]);
}, 60_000);
afterAll(async () => {
  await issuer.close();
  await installation.stop();
});

const keysOf = (who: string, condition: string) => `permit (
  principal == ${who},
  action == Api::Action::"create",
  resource == Api::Collection::"service-account-keys"
) when { context.object.name like "${condition}" };`;

test('ID-12: an agent is not answered what the person it acts for was answered under the same Idempotency-Key', async () => {
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [
      providerManifest('dev', issuer),
      { kind: 'User', name: 'dana', spec: { identities: [{ issuer: 'dev', subject: 'dana-1' }] } },
      { kind: 'ServiceAccount', name: 'bot', spec: { owner: 'owner@example.com' } },
      { kind: 'ServiceAccount', name: 'secret-app', spec: { owner: 'owner@example.com' } },
      {
        kind: 'Policy',
        name: 'keys',
        spec: { cedar: `${keysOf('User::"dana"', '*')}\n${keysOf('Agent::"bot"', 'bot-*')}` },
      },
    ],
  });
  if (status !== 200) throw new Error(text);
  const bot = (await replica.call('POST', '/v1/service-accounts/bot/keys', { body: {} })).body.key as string;
  const tokens = new TokenRequests(replica);
  const login = await new Visitor(replica).tokens('dana-1');
  const acting = await tokens.exchanged(login.access_token, { actor_token: await tokens.ofKey(bot) });
  const ask = (as: string) =>
    replica.call('POST', '/v1/service-accounts/secret-app/keys', {
      ...{ as, body: {}, headers: { 'idempotency-key': '1' } },
    });
  expect((await ask(login.access_token)).status).toBe(201);
  const answer = await ask(acting);
  expect([answer.status, answer.body.key]).toEqual([403, undefined]);
  expect((await ask(login.access_token)).headers.get('idempotent-replayed')).toBe('true');
});
