import { fields, query, word, type RawPostgres } from '../../clients/raw-postgres.js';
import { psql } from '../../clients/psql.js';
import { RawPostgres as Raw } from '../../clients/raw-postgres.js';
import { proves } from '../../proves.js';
import { eventually } from '@sallyport/testing';
import { sessionsOf } from '../../servers/recordings.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

const promiseMs = 5000;

export function revocations(under: StackUnderTest): void {
  /** The session is cut within the promise: one FATAL, then the end. */
  async function expectCut(client: RawPostgres, since: number): Promise<void> {
    const last = await client.next(promiseMs);
    expect([last.type, fields(last)['S'], fields(last)['C']]).toEqual(['E', 'FATAL', '57P01']);
    await client.socket.readToEnd(promiseMs);
    expect(Date.now() - since).toBeLessThan(promiseMs);
  }

  proves('postgres', 'revoke:key', async () => {
    const { api, gatewayPort: port, ca } = under.stack;
    const made = await api.expect<{ id: string; key: string }>('POST', '/v1/service-accounts/ci/keys', {});
    const cut = await eventually('the gateway knows the key', () =>
      Raw.connect({ port, ca, token: made.key }).catch(() => undefined),
    );
    const kept = await under.raw('ci');
    const since = Date.now();
    await api.expect('DELETE', `/v1/service-accounts/ci/keys/${made.id}`);
    await expectCut(cut, since);
    expect(word(await kept.query('SELECT 1'))).toBe('TDCZ');
    kept.close();
    expect((await psql(under.psql('ci', { token: made.key }), 'SELECT 1')).code).toBe(2);
  });

  proves('postgres', 'revoke:account', async () => {
    const { api } = under.stack;
    const idle = await under.raw('operator');
    const busy = await under.raw('operator');
    busy.send(query('SELECT pg_sleep(20)'));
    const since = Date.now();
    await api.expect('PATCH', '/v1/service-accounts/operator', { disabled: true });
    await Promise.all([expectCut(idle, since), expectCut(busy, since)]);
    expect((await psql(under.psql('operator'), 'SELECT 1')).code).toBe(2);
    await eventually('nothing of it runs on the target', async () => {
      const running = await under.onTarget(
        "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(20)' AND state = 'active'",
      );
      return running === '0' || undefined;
    });
    await api.expect('PATCH', '/v1/service-accounts/operator', { disabled: false });
    await eventually(
      'it may connect again',
      async () => (await psql(under.psql('operator'), 'SELECT 1')).code === 0 || undefined,
    );
  });

  proves('postgres', 'revoke:session', async () => {
    const client = await under.raw('ci');
    const session = await eventually('the session is listed', async () =>
      (await sessionsOf(under.stack, 'ci')).find((each) => each.open),
    );
    const since = Date.now();
    await under.stack.api.expect('POST', `/v1/sessions/${session.id}/terminate`, { reason: 'enough' });
    await expectCut(client, since);
  });

  test('a policy that changes is in force for the next statement of a live session', async () => {
    const { api } = under.stack;
    const client = await under.raw('ci');
    expect(word(await client.query('SELECT 1 FROM orders LIMIT 1'))).toBe('TDCZ');
    const cedar = 'forbid (principal, action == Action::"select", resource == Table::"shop/public.orders");';
    await api.expect('PUT', '/v1/manifests', JSON.stringify({ kind: 'Policy', name: 'closed', spec: { cedar } }));
    await eventually(
      'the new policy',
      async () => (word(await client.query('SELECT 1 FROM orders LIMIT 1')) === 'EZ' ? true : undefined),
      promiseMs,
    );
    await api.expect('DELETE', '/v1/policies/closed');
    client.close();
  });
}
