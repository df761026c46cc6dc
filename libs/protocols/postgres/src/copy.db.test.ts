import pg from 'pg';
import type { Decision } from '@sallyport/domain';
import { startPostgres, type PostgresServer } from '@sallyport/testing';
import { message } from './codec.js';
import { backend, frontend } from './messages.js';
import { queryMessage, syncMessage } from './requests.js';
import { inShort, TestingClient, unit } from './testing-client.js';
import { permitAll } from './testing-host.js';
import { deny, gatewayFor, hold, leaks, shopSchema } from './testing-shop.js';

let server: PostgresServer;
let gateway: Awaited<ReturnType<typeof gatewayFor>>;
let direct: pg.Client;
let client: TestingClient;

beforeAll(async () => {
  server = await startPostgres();
  direct = new pg.Client({ connectionString: server.url });
  await direct.connect();
  await direct.query(shopSchema);
  gateway = await gatewayFor(server);
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await direct.end();
  await server.stop();
});
beforeEach(async () => {
  client = await TestingClient.login(gateway.port);
});
afterEach(() => client.end());

const data = (text: string): Buffer => message(frontend.copyData, (body) => body.raw(Buffer.from(text)));
const done = message(frontend.copyDone);
const fail = message(frontend.copyFail, (body) => body.terminated('enough'));
const copyIn = 'COPY orders (id, customer_id) FROM STDIN';

async function ids(from: number): Promise<number[]> {
  const { rows } = await direct.query<{ id: number }>('SELECT id FROM orders WHERE id >= $1 ORDER BY id', [from]);
  return rows.map((row) => row.id);
}

function payload(messages: readonly Buffer[]): string {
  return Buffer.concat(
    messages.filter((each) => each[0] === backend.copyData).map((each) => each.subarray(5)),
  ).toString();
}

test.each([
  ['text', 'COPY customers TO STDOUT', '3\tname 3\tcity 3\t[redacted]'],
  ['csv', 'COPY customers TO STDOUT (FORMAT csv, HEADER)', '3,name 3,city 3,[redacted]'],
  ['a query', 'COPY (SELECT ssn, id FROM customers) TO STDOUT', '[redacted]\t3'],
])('COPY TO STDOUT is masked: %s (PG-32)', async (_, text, row) => {
  client.send(queryMessage(text));
  const answer = payload(await client.until('Z'));
  expect(answer.split('\n')).toContain(row);
  expect(leaks(client.heard)).toBe(false);
});

test('COPY TO STDOUT in binary is masked', async () => {
  client.send(queryMessage('COPY customers TO STDOUT (FORMAT binary)'));
  expect(payload(await client.until('Z'))).toContain('city 20');
  expect(leaks(client.heard)).toBe(false);
});

test('what is not classified passes untouched', async () => {
  client.send(queryMessage('COPY (SELECT id FROM orders WHERE id < 3 ORDER BY id) TO STDOUT'));
  expect(payload(await client.until('Z'))).toBe('1\n2\n');
});

test('COPY FROM STDIN arrives whole and is recorded', async () => {
  client.send(queryMessage(copyIn));
  await client.until('G');
  const before = gateway.host.requests.length;
  client.send(data('700\t1\n70'), data('1\t2\n'), done);
  expect(inShort(await client.until('Z'))).toBe('C(COPY 2) Z(I)');
  expect(await ids(700)).toEqual([700, 701]);
  expect(Buffer.concat(gateway.host.requests.slice(before)).includes('700\t1\n')).toBe(true);
});

test('data sent ahead of the answer arrives too', async () => {
  expect(await client.ask([queryMessage(copyIn), data('710\t1\n'), done])).toBe('G C(COPY 1) Z(I)');
  expect(await ids(710)).toEqual([710]);
});

test('CopyFail undoes the copy, and what follows it is ignored (PG-33)', async () => {
  expect(await client.ask([queryMessage(copyIn), data('720\t1\n'), fail, data('721\t1\n'), done])).toBe(
    'G E(57014) Z(I)',
  );
  expect(await ids(720)).toEqual([]);
  expect(await client.ask([queryMessage('SELECT 1')])).toBe('T D(1) C(SELECT 1) Z(I)');
});

test('data behind a refused COPY goes nowhere', async () => {
  const { opinion } = gateway.host;
  gateway.host.opinion = (action) =>
    action.text === copyIn ? { ...opinion(action), effect: 'deny' } : opinion(action);
  const before = gateway.host.requests.length;
  expect(await client.ask([queryMessage(copyIn), data('730\t1\n'), done])).toBe('E(42501) Z(I)');
  expect(gateway.host.requests).toHaveLength(before);
  expect(await ids(730)).toEqual([]);
  gateway.host.opinion = opinion;
});

test.each([
  ['permits it no longer', (): Decision => deny()],
  ['would ask for approval by now', (): Decision => hold],
])('COPY data that policy %s goes no further', async (_, later) => {
  const { opinion } = gateway.host;
  client.send(queryMessage(copyIn));
  await client.until('G');
  client.send(data('770\t1\n'));
  await new Promise((resolve) => setTimeout(resolve, 600));
  gateway.host.opinion = (action) => (action.text === copyIn ? later() : opinion(action));
  client.send(data('771\t1\n'), done);
  expect(inShort(await client.rest())).toBe('E(42501)');
  gateway.host.opinion = opinion;
  expect(await ids(770)).toEqual([]);
});

test('rows that policy would mask by now are not shown as they are', async () => {
  const { opinion } = gateway.host;
  // A row that fills the server's buffer, every so often.
  const text = 'SELECT repeat(ssn, 2000), pg_sleep(0.1) FROM customers';
  gateway.host.opinion = permitAll;
  client.send(queryMessage(text));
  await client.until('D');
  gateway.host.opinion = opinion;
  expect(inShort((await client.rest()).slice(-1))).toBe('E(42501)');
});

test('COPY data go on while policy permits them, and those that people approved', async () => {
  const { opinion } = gateway.host;
  gateway.host.opinion = (action) => (action.text === copyIn ? hold : opinion(action));
  client.send(queryMessage(copyIn));
  await gateway.host.approvals.decide({ state: 'approved' });
  await client.until('G');
  await new Promise((resolve) => setTimeout(resolve, 600));
  client.send(data('733\t1\n'), done);
  expect(inShort(await client.until('Z'))).toBe('C(COPY 1) Z(I)');
  gateway.host.opinion = opinion;
});

test('in the extended protocol a Sync inside the data is swallowed', async () => {
  client.send(...unit(copyIn), syncMessage);
  await client.until('G');
  client.send(data('740\t1\n'), syncMessage, done, syncMessage);
  expect(inShort(await client.until('Z'))).toBe('C(COPY 1) Z(I)');
  expect(await client.ask([queryMessage('SELECT 1')])).toBe('T D(1) C(SELECT 1) Z(I)');
  expect(await ids(740)).toEqual([740]);
});

test('in the extended protocol an error skips to Sync', async () => {
  client.send(...unit(copyIn), syncMessage);
  await client.until('G');
  client.send(data('not a number\t1\n'), done, syncMessage);
  expect(inShort(await client.until('Z'))).toBe('E(22P02) Z(I)');
  expect(await client.ask([queryMessage('SELECT 1')])).toBe('T D(1) C(SELECT 1) Z(I)');
});

test('a request in the middle of the data ends the session', async () => {
  client.send(queryMessage(copyIn));
  await client.until('G');
  client.send(queryMessage('SELECT 1'));
  expect(inShort(await client.rest())).toBe('E(08P01)');
});

test('one message of COPY data may be larger than any other message', async () => {
  gateway.host.limits = { ...gateway.host.limits, maxMessageBytes: 1 << 16 };
  try {
    const small = await TestingClient.login(gateway.port);
    const rows = Array.from({ length: 20_000 }, (_, at) => `${100_000 + at}\t1\n`).join('');
    small.send(queryMessage(copyIn));
    await small.until('G');
    small.send(data(rows), done);
    expect(inShort(await small.until('Z'))).toBe('C(COPY 20000) Z(I)');
    small.end();
  } finally {
    gateway.host.limits = { ...gateway.host.limits, maxMessageBytes: 16 << 20 };
  }
});

test('COPY to a program or file is judged as such', async () => {
  const { opinion } = gateway.host;
  gateway.host.opinion = (action) =>
    action.effects.some((effect) => effect.verb === 'copy') ? { ...opinion(action), effect: 'deny' } : opinion(action);
  expect(await client.ask([queryMessage("COPY orders TO PROGRAM 'cat'")])).toBe('E(42501) Z(I)');
  expect(await client.ask([queryMessage("COPY orders FROM '/etc/passwd'")])).toBe('E(42501) Z(I)');
  gateway.host.opinion = opinion;
});
