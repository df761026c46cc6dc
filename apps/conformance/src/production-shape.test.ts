import {
  eventually,
  startInstallation,
  startPostgres,
  startRedis,
  type Installation,
  type PostgresServer,
  type RedisServer,
} from '@sallyport/testing';
import { Psql, psql } from './clients/psql.js';
import { sessionsOf, StoredRecording } from './servers/recordings.js';
import { accounts, fillShop, shopManifests } from './servers/shop.js';

/** What docker-compose.yml describes, run by hand: external PostgreSQL and Redis, two control planes, two gateways. */
describe('two control planes and two gateways', () => {
  let redis: RedisServer;
  let target: PostgresServer;
  let installation: Installation;

  beforeAll(async () => {
    [redis, target] = await Promise.all([startRedis(), startPostgres({ version: '18' })]);
    await fillShop(target);
    installation = await startInstallation({
      manifests: shopManifests(target, 'disable'),
      accounts,
      controlPlaneEnv: { REDIS_URL: redis.url },
    });
  }, 120_000);
  afterAll(async () => {
    await installation?.stop();
    await Promise.all([redis?.stop(), target?.stop()]);
  }, 60_000);

  test('a request held at one replica is approved at the other, and policy reaches every gateway', async () => {
    const { api, keys, caFile } = installation;
    const second = await installation.addControlPlane();
    const { gatewayPort: secondPort } = await installation.addGateway('gateway-2', second);
    const through = (port: number) => ({ port, caFile, token: keys['ci']! });

    for (const port of [installation.gatewayPort, secondPort]) {
      expect(await psql(through(port), 'SELECT count(*) FROM orders')).toMatchObject({ code: 0, stdout: '50\n' });
    }
    // Held by the gateway of the second replica, approved at the first; and the other way round.
    const ways = [
      { port: secondPort, at: api, id: 30 },
      { port: installation.gatewayPort, at: second, id: 31 },
    ];
    for (const { port, at, id } of ways) {
      const held = new Psql(through(port), ['-c', `DELETE FROM orders WHERE id = ${id}`]);
      const approval = await held.approvalId();
      await at.as(keys['reviewer']).expect('POST', `/v1/approvals/${approval}/approve`, { comment: 'fine' });
      expect(await held.done()).toMatchObject({ code: 0, stdout: 'DELETE 1\n' });
    }
    // A change at one replica is in force at the other's gateway.
    const cedar = 'forbid (principal, action == Action::"select", resource == Table::"shop/public.orders");';
    await api.expect('PUT', '/v1/manifests', JSON.stringify({ kind: 'Policy', name: 'closed', spec: { cedar } }));
    await eventually('both gateways deny', async () => {
      const results = await Promise.all(
        [installation.gatewayPort, secondPort].map((port) => psql(through(port), 'SELECT 1 FROM orders')),
      );
      return results.every((result) => result.code === 1) || undefined;
    });
    await api.expect('DELETE', '/v1/policies/closed');
    await eventually('the gateway permits again', async () => {
      return (await psql(through(installation.gatewayPort), 'SELECT 1 FROM orders')).code === 0 || undefined;
    });
    // Recordings of the second gateway are read at the first replica.
    const recorded = (await sessionsOf(installation, 'ci')).filter((session) => !session.open);
    const report = await (await StoredRecording.of(installation, recorded[0]!.id)).verify();
    expect(report).toMatchObject({ ok: true });
  }, 120_000);

  test('an approval expires by the job in Redis', async () => {
    const { keys, caFile, gatewayPort: port, api } = installation;
    const client = new Psql({ port, caFile, token: keys['ci']! }, ['-c', "UPDATE orders SET item = 'x' WHERE id = 40"]);
    const id = await client.approvalId();
    expect((await client.done()).stderr).toContain('57014');
    await eventually('it is expired', async () => {
      const { state } = await api.expect<{ state: string }>('GET', `/v1/approvals/${id}`);
      return state === 'expired' || undefined;
    });
  }, 60_000);
});
