import type { Principal } from '@sallyport/domain';
import { principalRef } from '@sallyport/domain';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { AccessDecisions } from './access-decisions.js';
import { AccessIntake } from './access-intake.js';
import type { AccessInstallation } from '../../testing/access-installation.js';
import { startAccessInstallation } from '../../testing/access-installation.js';

let access: AccessInstallation;
let intake: AccessIntake;
let decisions: AccessDecisions;
const user = (name: string, email: string) => ({ kind: 'User', name, spec: { email } });
const members: Record<string, string[]> = {
  engineers: ['User::ann', 'Agent::helper'],
  dba: ['User::ann', 'User::ann-work', 'User::ben', 'ServiceAccount::helper', 'ServiceAccount::by-mail'],
};

beforeAll(async () => {
  access = await startAccessInstallation();
  intake = access.replica.app.get(AccessIntake, { strict: false });
  decisions = access.replica.app.get(AccessDecisions, { strict: false });
  const { status, text } = await access.replica.call('PUT', '/v1/manifests', {
    body: [
      user('ann', 'ann@example.com'),
      user('ann-work', 'Ann@example.com'),
      user('ben', 'ben@example.com'),
      { kind: 'ServiceAccount', name: 'helper', spec: { owner: 'platform' } },
      { kind: 'ServiceAccount', name: 'by-mail', spec: { owner: 'ann@example.com' } },
      ...Object.entries(members).map(([name, list]) => ({ kind: 'Group', name, spec: { members: list } })),
    ],
  });
  if (status !== 200) throw new Error(text);
}, 60_000);
afterAll(() => access.installation.stop());
afterEach(() => access.clear());

/** Somebody as the guard proves them. */
function caller(type: Principal['type'], id: string, groups: string[], more: Partial<Principal> = {}): CallerIdentity {
  const principal = { type, id, groups, roles: [], ...more };
  return { principal, credentialId: `login:${id}`, personId: principalRef(principal) };
}
const ann = caller('User', 'ann', ['dba', 'engineers']);
const ben = caller('User', 'ben', ['dba']);
const helperFor = (person: CallerIdentity, ...groups: string[]) =>
  caller('Agent', 'helper', groups, { actsFor: person.principal, owner: 'platform' });
const wish = { role: 'operator', resources: ['shop'], seconds: 60, reason: 'look', breakGlass: false };
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing refused',
    (error: { code?: string }) => error.code ?? String(error),
  );
const approve = (id: string, by: CallerIdentity) => codeOf(decisions.decide(id, by, { verdict: 'approve' }));

test.each([
  ['the person', ann],
  ['another user of the same person', caller('User', 'ann-work', ['dba'])],
  [
    'an account whose owner is their e-mail address',
    caller('ServiceAccount', 'by-mail', ['dba'], { owner: 'ann@example.com' }),
  ],
  ['an agent that acts for them', helperFor(ann, 'dba', 'engineers')],
])('AP-01: what a person asked is not approved by %s', async (_, by) => {
  const id = await intake.ask(ann, wish);
  expect(await approve(id, by)).toBe('self-approval');
  expect(await approve(id, ben)).toBe('nothing refused');
});

test('AP-01: what an agent asked is not approved by whom it acts for, nor by its account', async () => {
  const id = await intake.ask(helperFor(ann, 'engineers'), wish);
  expect(await approve(id, ann)).toBe('self-approval');
  expect(await approve(id, caller('ServiceAccount', 'helper', ['dba'], { owner: 'platform' }))).toBe('self-approval');
  expect(await approve(id, ben)).toBe('nothing refused');
  expect(await access.grants()).toMatchObject([{ principal: 'Agent::helper' }]);
});

test('ID-12: an agent asks and decides by groups that it and its person both have', async () => {
  expect(await codeOf(intake.ask(helperFor(ben, 'engineers'), wish))).toBe('not-requestable');
  const id = await intake.ask(ann, wish);
  const carol = caller('User', 'carol', ['engineers']);
  expect(await approve(id, helperFor(carol, 'dba'))).toBe('not-found');
});

test('AP-05: what an agent asked is void once its person is disabled', async () => {
  const id = await intake.ask(helperFor(ann, 'engineers'), wish);
  const disable = (disabled: boolean) => access.replica.call('PATCH', '/v1/users/ann', { body: { disabled } });
  expect((await disable(true)).status).toBe(200);
  expect(await approve(id, ben)).toBe('request-void');
  await disable(false);
});

test('an e-mail address makes nobody the owner of an account', async () => {
  expect(await codeOf(intake.ask(ann, { ...wish, principal: 'ServiceAccount::by-mail' }))).toBe('not-yours');
});
