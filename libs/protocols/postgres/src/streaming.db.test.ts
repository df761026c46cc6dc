import { createHash } from 'node:crypto';
import { startPostgres, type PostgresServer } from '@sallyport/testing';
import pg from 'pg';
import { message } from './codec.js';
import { frontend } from './messages.js';
import { queryMessage } from './requests.js';
import { inShort, TestingClient } from './testing-client.js';
import { gatewayFor, leaks, shopSchema } from './testing-shop.js';

let server: PostgresServer;
let gateway: Awaited<ReturnType<typeof gatewayFor>>;

beforeAll(async () => {
  server = await startPostgres();
  const direct = new pg.Client({ connectionString: server.url });
  await direct.connect();
  await direct.query(shopSchema);
  await direct.query(
    `INSERT INTO customers SELECT g, repeat('n', 200), 'city', 'secret-' || g FROM generate_series(1000, 60000) g`,
  );
  await direct.end();
  gateway = await gatewayFor(server);
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await server.stop();
});

/** Counts what is recorded instead of keeping it. */
function countRecorded(): { bytes: number } {
  const count = { bytes: 0 };
  gateway.host.responses.push = (...parts) => (count.bytes += parts.reduce((sum, part) => sum + part.length, 0));
  return count;
}

test('a client that stops reading stops the target, and memory stays flat (FM-09)', async () => {
  const passed = countRecorded();
  const client = await TestingClient.login(gateway.port);
  client.socket.pause();
  client.send(queryMessage("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"));
  await new Promise((resolve) => setTimeout(resolve, 700));
  const before = passed.bytes;
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(64 << 20); // what fits into the sockets
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(passed.bytes).toBe(before);
  client.end();
}, 20_000);

test('a recorder that asks for a pause gets one', async () => {
  const client = await TestingClient.login(gateway.port);
  gateway.host.congested = true;
  client.send(queryMessage("SELECT repeat('x', 1000) FROM generate_series(1, 50000)"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const received = Buffer.concat(client.heard).length;
  expect(received).toBeLessThan(1 << 20);
  gateway.host.drain();
  expect(inShort((await client.until('Z')).slice(-2))).toBe('C(SELECT 50000) Z(I)');
  client.end();
}, 20_000);

test('a large masked result comes whole, masked, and in order', async () => {
  const client = await TestingClient.login(gateway.port);
  client.send(queryMessage('SELECT id, name, ssn FROM customers WHERE id >= 1000 ORDER BY id'));
  const heard = await client.until('Z');
  expect(heard).toHaveLength(59_001 + 3);
  expect(inShort(heard.slice(-3, -2))).toBe(`D(60000,${'n'.repeat(200)},[redacted])`);
  expect(leaks(client.heard)).toBe(false);
  client.end();
}, 30_000);

test('clients that read now and then get every byte as it was, masked or not', async () => {
  const clients = await Promise.all([0, 1, 2, 3].map(() => TestingClient.login(gateway.port)));
  const pauses = setInterval(() => {
    for (const { socket } of clients) if (Math.random() < 0.5) socket.pause().resume();
    for (const { socket } of clients) if (Math.random() < 0.3) socket.pause();
    setTimeout(() => clients.forEach(({ socket }) => socket.resume()), 10);
  }, 20);
  const plain = 'SELECT g, md5(g::text) FROM generate_series(1, 100000) g';
  const masked = 'SELECT id, md5(id::text), ssn FROM customers WHERE id >= 1000 ORDER BY id';
  const md5 = (value: number): string => createHash('md5').update(String(value)).digest('hex');
  const answers = clients.map(async (client, at) => {
    client.send(queryMessage(at % 2 === 0 ? plain : masked));
    const rows = (await client.until('Z')).slice(1, -2);
    expect(rows).toHaveLength(at % 2 === 0 ? 100_000 : 59_001);
    rows.forEach((row, index) => {
      const id = at % 2 === 0 ? index + 1 : index + 1000;
      const expected = at % 2 === 0 ? `D(${id},${md5(id)})` : `D(${id},${md5(id)},[redacted])`;
      if (inShort([row]) !== expected) throw new Error(`${inShort([row])} where ${expected} belongs`);
    });
    client.end();
  });
  await Promise.all(answers).finally(() => clearInterval(pauses));
}, 60_000);

test('one value may be larger than any message that is inspected', async () => {
  const client = await TestingClient.login(gateway.port);
  client.send(queryMessage("SELECT repeat('x', 20000000)"));
  const row = (await client.until('Z')).find((each) => each[0] === 'D'.charCodeAt(0))!;
  expect(row.length).toBeGreaterThan(20_000_000);
  client.end();
}, 30_000);

test('a client that sends faster than the target takes is held back', async () => {
  let taken = 0;
  gateway.host.requests.push = (...parts) => (taken += parts.reduce((sum, part) => sum + part.length, 0));
  const client = await TestingClient.login(gateway.port);
  await client.ask([queryMessage('CREATE TABLE bulk (t text)')]);
  client.send(queryMessage('COPY bulk FROM STDIN'));
  await client.until('G');
  const direct = new pg.Client({ connectionString: server.url });
  await direct.connect();
  const copying = `SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY bulk%' AND state = 'active'`;
  const { rows } = await direct.query<{ pid: number }>(copying);
  process.kill(rows[0]!.pid, 'SIGSTOP');
  try {
    const line = Buffer.from(`${'y'.repeat(999)}\n`);
    const chunk = message(frontend.copyData, (body) => {
      for (let at = 0; at < 1000; at += 1) body.raw(line);
    });
    for (let at = 0; at < 120; at += 1) client.send(chunk);
    client.send(message(frontend.copyDone));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(60 << 20); // what fits into the sockets
  } finally {
    process.kill(rows[0]!.pid, 'SIGCONT');
  }
  expect(inShort(await client.until('Z'))).toBe('C(COPY 120000) Z(I)');
  await direct.end();
  client.end();
}, 30_000);

test('thousands of pipelined requests are answered without an end of memory', async () => {
  const client = await TestingClient.login(gateway.port);
  const batch = Buffer.concat(Array.from({ length: 10_000 }, () => queryMessage('SELECT 1')));
  client.send(batch);
  expect((await client.until('Z', 10_000)).length).toBe(40_000);
  client.end();
}, 30_000);
