import type { CallerIdentity } from '../../platform/auth/caller.js';
import type { AccessInstallation } from '../../testing/access-installation.js';
import { startAccessInstallation } from '../../testing/access-installation.js';
import { AccessDecisions } from './access-decisions.js';
import { AccessIntake } from './access-intake.js';

let access: AccessInstallation;
let intake: AccessIntake;
let decisions: AccessDecisions;

beforeAll(async () => {
  access = await startAccessInstallation();
  intake = access.replica.app.get(AccessIntake, { strict: false });
  decisions = access.replica.app.get(AccessDecisions, { strict: false });
}, 60_000);
afterAll(() => access.installation.stop());
afterEach(() => access.clear());

const caller = (id: string, ...groups: string[]): CallerIdentity => ({
  principal: { type: 'User', id, groups, roles: [] },
  ...{ credentialId: `login:${id}`, personId: `User::${id}` },
});
const wish = { role: 'operator', resources: ['shop'], seconds: 60, reason: 'look', breakGlass: false };

test('AP-05: what somebody asked is not given to another who has got their name since', async () => {
  const declare = async () => {
    const { status, text } = await access.replica.call('PUT', '/v1/manifests', {
      body: [
        ...['ann', 'ben'].map((name) => ({ kind: 'User', name, spec: {} })),
        { kind: 'Group', name: 'engineers', spec: { members: ['User::ann'] } },
        { kind: 'Group', name: 'dba', spec: { members: ['User::ben'] } },
      ],
    });
    if (status !== 200) throw new Error(text);
  };
  await declare();
  const id = await intake.ask(caller('ann', 'engineers'), wish);
  expect((await access.replica.call('DELETE', '/v1/users/ann')).status).toBe(204);
  await declare();
  await expect(decisions.decide(id, caller('ben', 'dba'), { verdict: 'approve' })).rejects.toMatchObject({
    code: 'request-void',
  });
  expect(await access.grants()).toEqual([]);
});
