import { startPostgres, type PostgresServer } from '@sallyport/testing';
import { Client } from 'pg';
import { eventually } from '../../testing/eventually.js';
import { startRedis, type RedisServer } from '../../testing/redis-server.js';
import { busResumed, type EventBus } from './event-bus.js';
import { PostgresEventBus } from './postgres-event-bus.js';
import { RedisEventBus } from './redis-event-bus.js';

let postgres: PostgresServer;
let redis: RedisServer | undefined;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres({ version: '18' }), startRedis()]);
}, 60_000);
afterAll(() => Promise.all([postgres.stop(), redis?.stop()]));

type ClosableBus = EventBus & { close(): Promise<void> };
type Start = (onError?: (error: unknown, what: string) => void) => Promise<ClosableBus>;
const ignore = (): void => undefined;
const onPostgres: Start = (onError = ignore) => PostgresEventBus.start({ url: postgres.url, onError });
const onRedis: Start = (onError = ignore) => RedisEventBus.start({ url: redis!.url, onError });

async function crossesReplicas(start: Start): Promise<void> {
  const [here, there] = await Promise.all([start(), start()]);
  const heard: unknown[] = [];
  const stop = there.subscribe('topic', (payload) => heard.push(payload));
  there.subscribe('other', () => heard.push('wrong topic'));
  await here.publish('topic', { id: 1 });
  await eventually(() => heard.length === 1);
  stop();
  const after: unknown[] = [];
  there.subscribe('topic', (payload) => after.push(payload));
  await here.publish('topic', { id: 2 });
  await eventually(() => after.length === 1);
  expect([heard, after]).toEqual([[{ id: 1 }], [{ id: 2 }]]);
  await Promise.all([here.close(), there.close()]);
}

test('PostgreSQL carries a fact from one replica to another', () => crossesReplicas(onPostgres));

test('Redis carries a fact from one replica to another', async () => {
  if (redis) await crossesReplicas(onRedis);
});

test('a handler that throws is reported and keeps nothing from the others', async () => {
  const errors: string[] = [];
  const bus = await onPostgres((error, what) => errors.push(`${what}: ${(error as Error).message}`));
  const heard: unknown[] = [];
  bus.subscribe('topic', () => {
    throw new Error('boom');
  });
  bus.subscribe('topic', (payload) => heard.push(payload));
  await bus.publish('topic', 'fact');
  await eventually(() => heard.length === 1);
  expect(errors).toEqual(['topic: boom']);
  await bus.close();
});

test('text on the channel that is no event is dropped', async () => {
  const errors: string[] = [];
  const bus = await onPostgres((_, what) => errors.push(what));
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`NOTIFY sallyport_events, 'not json'`);
  await eventually(() => errors.length === 1);
  expect(errors).toEqual(['unreadable']);
  await Promise.all([client.end(), bus.close()]);
});

test('a payload that PostgreSQL would refuse is refused here', async () => {
  const bus = await onPostgres();
  await expect(bus.publish('topic', 'x'.repeat(8000))).rejects.toThrow('ids only');
  await bus.close();
});

test('a lost listening connection comes back and says that facts were missed', async () => {
  const bus = await onPostgres();
  const heard: unknown[] = [];
  bus.subscribe(busResumed, () => heard.push('resumed'));
  bus.subscribe('topic', (payload) => heard.push(payload));
  const admin = new Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sallyport-events'`,
  );
  await eventually(() => heard.length === 1);
  await bus.publish('topic', 'fact');
  await eventually(() => heard.length === 2);
  expect(heard).toEqual(['resumed', 'fact']);
  await Promise.all([admin.end(), bus.close()]);
});

test('a database that cannot be reached is said at the start', async () => {
  const url = 'postgres://nobody:wrong@127.0.0.1:1/none';
  await expect(PostgresEventBus.start({ url, onError: ignore })).rejects.toThrow();
});
