import { EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { eventually } from '../../testing/eventually.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { LoginService } from './login.service.js';

let installation: TestInstallation;
let replica: Replica;
let logins: LoginService;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  logins = replica.app.get(LoginService, { strict: false });
  const spec = {
    ...{ protocol: 'saml', entryPoint: 'https://login.example/sso', entityId: 'https://login.example' },
    certificates: ['a certificate'],
  };
  const body = [{ kind: 'IdentityProvider', name: 'corp', spec }];
  const { status, text } = await replica.call('PUT', '/v1/manifests', { body });
  if (status !== 200) throw new Error(text);
}, 60_000);
afterAll(() => installation.stop());

const signIn = async (subject: string): Promise<string> => {
  const outcome = await logins.complete({ provider: 'corp', subject, claims: {} }, 'sallyport-cli');
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.login.id;
};
const standing = async (): Promise<string[]> => {
  const found = await replica.database.query('SELECT id FROM logins WHERE ended_at IS NULL ORDER BY created_at');
  return found.map(({ id }: { id: string }) => id) as string[];
};

test('who signs in without end has the oldest logins ended, and nobody else has', async () => {
  const other = await signIn('erin-1');
  const first = await signIn('dana-1');
  const rest: string[] = [];
  for (let n = 0; n < 99; n += 1) rest.push(await signIn('dana-1'));
  expect(await standing()).toEqual([other, first, ...rest]);
  const pushed: unknown[] = [];
  replica.app.get<EventBus>(EVENT_BUS, { strict: false }).subscribe('identity.revoked', (event) => pushed.push(event));
  const last = await signIn('dana-1');
  expect(await standing()).toEqual([other, ...rest, last]);
  await eventually(() => pushed.length > 0);
  expect(pushed).toMatchObject([{ credentialId: `login:${first}` }]);
  const { body } = await replica.call('GET', '/v1/audit?action=login.ended');
  expect(body.items[0]).toMatchObject({ detail: { loginId: first, reason: 'too-many' } });
}, 30_000);
