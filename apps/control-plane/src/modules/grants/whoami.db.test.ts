import { whoami } from '@sallyport/api-contract';
import type { AccessInstallation } from '../../testing/access-installation.js';
import { startAccessInstallation } from '../../testing/access-installation.js';

let access: AccessInstallation;
beforeAll(async () => {
  access = await startAccessInstallation();
}, 60_000);
afterAll(() => access.installation.stop());
afterEach(() => access.clear());

test('whoami says why: groups, roles, approvers, and what policy permits where', async () => {
  const cedar = [
    'permit (principal in Role::"operator", action == Action::"connect", resource);',
    '@approval("dba") permit (principal in Role::"operator", action == Action::"delete", resource in Resource::"shop");',
  ];
  await access.replica.call('POST', '/v1/policies', { body: { name: 'operators', cedar: cedar.join('\n') } });
  const id = await access.pending('alice', { reason: 'look \u202ereversed' });
  const { grantId } = (await access.decide('bob', id)).body;
  const { status, body } = await access.as('alice', 'GET', '/v1/whoami?explain=true');
  expect(status).toBe(200);
  expect(whoami.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    person: 'user::alice',
    explanation: { credential: { kind: 'key', endsAt: null }, truncated: false },
  });
  const { groups, roles, resources } = body.explanation;
  expect(groups).toEqual([{ group: 'engineers', because: [{ by: 'account', account: 'alice' }] }]);
  expect(roles).toMatchObject([
    {
      role: 'operator',
      by: 'grant',
      resources: ['shop'],
      grant: {
        id: grantId,
        requestId: id,
        requester: 'ServiceAccount::alice',
        approvedBy: ['ServiceAccount::bob'],
        displayReason: 'look \\u{202e}reversed',
      },
    },
  ]);
  // What it cannot even connect to is not for it to know.
  expect(resources).toHaveLength(1);
  expect(resources[0]).toMatchObject({ resource: 'shop', roles: ['operator'] });
  const verdicts = Object.fromEntries(
    (resources[0].actions as { action: string; verdict: string }[]).map(({ action, verdict }) => [action, verdict]),
  );
  expect(verdicts).toMatchObject({ connect: 'permit', delete: 'hold', select: 'deny' });
  const asked = await access.replica.call('POST', '/v1/decisions', {
    body: { principal: 'ServiceAccount::alice', resource: 'shop', effects: [{ action: 'connect' }] },
  });
  expect(asked.body.effect).toBe('permit');
  expect((await access.replica.call('DELETE', `/v1/grants/${grantId}`)).status).toBe(204);
  const after = await access.as('alice', 'GET', '/v1/whoami?explain=true');
  expect(after.body.explanation).toMatchObject({ roles: [], resources: [] });
  expect((await access.as('dora', 'GET', '/v1/whoami')).body.roles).toEqual([
    { role: 'operator', by: 'membership', resources: null, until: null },
  ]);
  expect((await access.as('dora', 'GET', '/v1/whoami?explain=yes')).status).toBe(422);
});
