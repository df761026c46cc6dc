import { eventually } from '@sallyport/testing';
import { psql } from '../../clients/psql.js';
import { fields, RawPostgres, word } from '../../clients/raw-postgres.js';
import { query } from '../../clients/raw-postgres.js';
import { proves } from '../../proves.js';
import type { People } from '../../servers/people.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

interface AccessRequest {
  readonly id: string;
  readonly state: string;
}

export function grants(under: StackUnderTest, people: People): void {
  const run = (token: string, ...commands: readonly string[]) => psql(under.psql('ci', { token }), ...commands);
  const update = "UPDATE orders SET item = 'changed' WHERE id = 1";
  const ask = (token: string, seconds: number) =>
    under.stack.api.as(token).expect<AccessRequest>('POST', '/v1/access-requests', {
      role: 'orders-writer',
      resources: ['shop'],
      reason: 'an order has the wrong item',
      seconds,
    });

  proves('postgres', 'grant:opens', async () => {
    const { api } = under.stack;
    const { access_token: dana } = await people.signIn('dana-1');
    const { access_token: riley } = await people.signIn('riley-2');
    expect((await run(dana, update)).stderr).toContain('42501');
    const request = await ask(dana, 60);
    expect((await run(dana, update)).stderr).toContain('42501');
    await api.as(riley).expect('POST', `/v1/access-requests/${request.id}/approve`, {});
    await eventually(
      'the door is open',
      async () => (await run(dana, update)).stdout === 'UPDATE 1\n' || undefined,
      5000,
    );
    const { access_token: robin } = await people.signIn('robin-3');
    expect((await run(robin, update)).stderr).toContain('42501');
    expect((await run(dana, 'DROP TABLE orders')).stderr).toContain('42501');
    const { items } = await api.expect<{ items: { id: string }[] }>('GET', '/v1/grants');
    await api.expect('DELETE', `/v1/grants/${items[0]!.id}`);
    await eventually(
      'it is closed again',
      async () => (await run(dana, update)).stderr.includes('42501') || undefined,
      5000,
    );
  });

  proves('postgres', 'grant:expires', async () => {
    const { api, gatewayPort: port, ca } = under.stack;
    // Somebody whom nothing but the grant lets in.
    await api.expect('PUT', '/v1/manifests', rolesForStrangers.map((each) => JSON.stringify(each)).join('\n---\n'));
    const { key } = await api.expect<{ key: string }>('POST', '/v1/service-accounts/guest/keys', {});
    const { access_token: riley } = await people.signIn('riley-2');
    const request = await eventually('the key is known', () =>
      api
        .as(key)
        .expect<AccessRequest>('POST', '/v1/access-requests', {
          role: 'orders-guest',
          resources: ['shop'],
          reason: 'one look',
          seconds: 4,
        })
        .catch(() => undefined),
    );
    await api.as(riley).expect('POST', `/v1/access-requests/${request.id}/approve`, {});
    const since = Date.now();
    const client = await eventually('the door is open', () =>
      RawPostgres.connect({ port, ca, token: key }).catch(() => undefined),
    );
    expect(word(await client.query('SELECT count(*) FROM orders'))).toBe('TDCZ');
    client.send(query('SELECT pg_sleep(30)'));
    const last = await client.next(8000);
    expect([last.type, fields(last)['C']]).toEqual(['E', '57P01']);
    expect(Date.now() - since).toBeGreaterThan(3000);
    expect(Date.now() - since).toBeLessThan(4000 + 2500);
    expect((await run(key, 'SELECT 1')).code).toBe(2);
  });

  proves('postgres', 'grant:self', async () => {
    const { api } = under.stack;
    // Dana is in the approvers' group now, and owns an account that is.
    people.setGroups('dana-1', ['engineers', 'dba']);
    const { access_token: dana } = await people.signIn('dana-1');
    const { key } = await api.expect<{ key: string }>('POST', '/v1/service-accounts/danas-script/keys', {});
    const request = await ask(dana, 60);
    for (const token of [dana, key]) {
      const answer = await api.as(token).call('POST', `/v1/access-requests/${request.id}/approve`, {});
      expect(answer.status).toBe(403);
    }
    expect(await api.expect('GET', `/v1/access-requests/${request.id}`)).toMatchObject({ state: 'pending' });
    await api.as(dana).expect('POST', `/v1/access-requests/${request.id}/withdraw`, {});
    people.setGroups('dana-1', ['engineers']);
  });
}

const rolesForStrangers = [
  {
    kind: 'Role',
    name: 'orders-guest',
    spec: { request: { approvers: ['people-dba'], maxSeconds: 600, resources: ['shop'] } },
  },
  { kind: 'ServiceAccount', name: 'guest', spec: { groups: [], owner: 'platform@example.com' } },
  {
    kind: 'Policy',
    name: 'guests',
    spec: {
      cedar: `permit (principal in Role::"orders-guest", action in [Action::"connect", Action::"select", Action::"call"], resource in Resource::"shop");`,
    },
  },
];
