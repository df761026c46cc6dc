import { randomUUID } from 'node:crypto';
import { startPostgres, type PostgresServer } from '@sallyport/testing';
import { eventually } from '../../testing/eventually.js';
import { startRedis, type RedisServer } from '../../testing/redis-server.js';
import { openBullMqQueue } from './bullmq-queue.js';
import type { JobQueue } from './job-queue.js';

let postgres: PostgresServer;
let redis: RedisServer | undefined;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres({ version: '18' }), startRedis()]);
}, 60_000);
afterAll(() => Promise.all([postgres.stop(), redis?.stop()]));

type Open = (name: string) => JobQueue;
const onPostgres: Open = (name) => openBullMqQueue(name, { databaseUrl: postgres.url, onError: () => undefined });
const onRedis: Open = (name) =>
  openBullMqQueue(name, { databaseUrl: postgres.url, redisUrl: redis!.url, onError: () => undefined });

/** One replica adds, two work: the job runs when it is due, once. */
async function runsDelayedJobOnce(open: Open): Promise<void> {
  const name = `q-${randomUUID()}`;
  const [api, ...workers] = [open(name), open(name), open(name)];
  const ran: { data: unknown; at: number }[] = [];
  const handlers = { expire: async (data: unknown) => void ran.push({ data, at: Date.now() }) };
  for (const worker of workers) await worker.work(handlers);
  const start = Date.now();
  await api.add('expire', { id: 'a' }, { id: 'expire-a', delayMs: 400 });
  await api.add('expire', { id: 'a' }, { id: 'expire-a', delayMs: 400 });
  await eventually(() => ran.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(ran).toHaveLength(1);
  expect(ran[0]!.data).toEqual({ id: 'a' });
  expect(ran[0]!.at - start).toBeGreaterThanOrEqual(390);
  await Promise.all([api, ...workers].map((queue) => queue.close()));
}

/** The job outlives the process that added it, and failures are tried again. */
async function survivesAndRetries(open: Open): Promise<void> {
  const name = `q-${randomUUID()}`;
  const before = open(name);
  await before.add('expire', { id: 'b' }, { id: 'expire-b', delayMs: 100 });
  await before.close();
  const after = open(name);
  let attempts = 0;
  await after.work({
    expire: async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('not yet');
    },
  });
  await eventually(() => attempts === 2);
  await after.close();
}

async function repeats(open: Open): Promise<void> {
  const queue = open(`q-${randomUUID()}`);
  let runs = 0;
  await queue.work({ sweep: async () => void (runs += 1) });
  await queue.every('sweep', 200);
  await eventually(() => runs >= 3);
  await queue.close();
}

const cases = [
  ['runs a delayed job once, when it is due', runsDelayedJobOnce],
  ['keeps jobs over a restart and tries failures again', survivesAndRetries],
  ['repeats', repeats],
] as const;

test.each(cases)('on PostgreSQL the queue %s', (_, check) => check(onPostgres), 30_000);

test.each(cases)(
  'on Redis the queue %s',
  async (_, check) => {
    if (redis) await check(onRedis);
  },
  30_000,
);
