import pg from 'pg';
import { startPostgres, type PostgresServer } from '@sallyport/testing';
import { message } from './codec.js';
import { frontend } from './messages.js';
import {
  bindMessage,
  executeMessage,
  flushMessage,
  parseMessage,
  queryMessage,
  syncMessage,
  targetMessage,
} from './requests.js';
import { inShort, TestingClient, unit } from './testing-client.js';
import { gatewayFor, leaks, shopSchema } from './testing-shop.js';

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

const describePortal = targetMessage(frontend.describe, 'P', '');
const insert = (id: number): string => `INSERT INTO orders VALUES (${id}, 1, 'x')`;

async function exists(id: number): Promise<boolean> {
  const { rowCount } = await direct.query('SELECT FROM orders WHERE id = $1', [id]);
  return rowCount === 1;
}

test('a masked column is masked with a description, without one, and in pieces', async () => {
  const text = 'SELECT ssn FROM customers WHERE id < 4';
  const asked = [parseMessage('', text), bindMessage('', ''), describePortal, executeMessage('')];
  expect(await client.ask([...asked, syncMessage])).toBe(
    '1 2 T D([redacted]) D([redacted]) D([redacted]) C(SELECT 3) Z(I)',
  );
  expect(await client.ask([...unit(text), syncMessage])).toBe(
    '1 2 D([redacted]) D([redacted]) D([redacted]) C(SELECT 3) Z(I)',
  );
  const two = message(frontend.execute, (body) => body.terminated('').int32(2));
  expect(await client.ask([parseMessage('', text), bindMessage('', ''), two, two, syncMessage])).toBe(
    '1 2 D([redacted]) D([redacted]) s D([redacted]) C(SELECT 1) Z(I)',
  );
  expect(leaks(client.heard)).toBe(false);
});

test('binary results are masked too (PG-27)', async () => {
  const bind = message(frontend.bind, (body) => body.terminated('').terminated('').int16(0).int16(0).int16(1).int16(1));
  const text = 'SELECT ssn FROM customers WHERE id = 1';
  await client.ask([parseMessage('', text), bind, executeMessage(''), syncMessage]);
  expect(leaks(client.heard)).toBe(false);
});

test('a refused request in the middle of a pipeline undoes what was before and skips what is behind (PG-22)', async () => {
  const pipeline = [...unit(insert(800)), ...unit('DROP TABLE orders'), ...unit(insert(801)), syncMessage];
  expect(await client.ask(pipeline)).toBe('1 2 C(INSERT 0 1) E(42501) Z(I)');
  expect([await exists(800), await exists(801)]).toEqual([false, false]);
});

test('with a Sync after each only the refused one fails (PG-22)', async () => {
  const pipeline = [insert(802), 'DROP TABLE orders', insert(803)].flatMap((text) => [...unit(text), syncMessage]);
  expect(await client.ask(pipeline, 3)).toBe('1 2 C(INSERT 0 1) Z(I) E(42501) Z(I) 1 2 C(INSERT 0 1) Z(I)');
  expect([await exists(802), await exists(803)]).toEqual([true, true]);
});

test('after an error nothing happens until Sync, however often Flush comes (PG-23)', async () => {
  client.send(...unit('SELECT 1/0'), flushMessage);
  await client.until('E');
  client.send(...unit(insert(804)), flushMessage, ...unit(insert(805)), flushMessage);
  expect(await client.ask([syncMessage])).toBe('Z(I)');
  expect([await exists(804), await exists(805)]).toEqual([false, false]);
});

test('a statement is what the server says its name is (PG-24)', async () => {
  const answer = await client.ask(
    [
      parseMessage('s', 'SELECT 1'),
      syncMessage,
      parseMessage('s', 'SELECT 2'),
      syncMessage,
      bindMessage('', 's'),
      executeMessage(''),
      syncMessage,
    ],
    3,
  );
  expect(answer).toBe('1 Z(I) E(42P05) Z(I) 2 D(1) C(SELECT 1) Z(I)');
});

test('a name whose redefinition was skipped still means what it meant', async () => {
  await client.ask([parseMessage('s', 'DELETE FROM orders WHERE id = 1'), syncMessage]);
  // The Close and the new Parse are behind a failure: to the server, s is still the DELETE, which is held.
  client.send(
    ...unit('SELECT 1/0'),
    targetMessage(frontend.close, 'S', 's'),
    parseMessage('s', 'SELECT 1'),
    syncMessage,
    bindMessage('', 's'),
    executeMessage(''),
    syncMessage,
  );
  await gateway.host.approvals.decide({ state: 'denied' });
  expect(inShort(await client.until('Z', 2))).toBe('1 E(22012) Z(I) N(00000) 2 E(42501) Z(I)');
  expect(await exists(1)).toBe(true);
});

test.each([
  ['a statement', [bindMessage('', 'unknown'), syncMessage], '26000'],
  ['a portal', [executeMessage('unknown'), syncMessage], '34000'],
  ['a described statement', [targetMessage(frontend.describe, 'S', 'unknown'), syncMessage], '26000'],
])('%s that nobody made does not exist', async (_, messages, code) => {
  expect(await client.ask(messages)).toBe(`E(${code}) Z(I)`);
});

test('describing what may not be used tells nothing (PG-25)', async () => {
  const asked = [parseMessage('s', 'DROP TABLE orders'), targetMessage(frontend.describe, 'S', 's'), syncMessage];
  expect(await client.ask(asked)).toBe('E(42501) Z(I)');
});

test('statements made by SQL and by Parse share their names (PG-30)', async () => {
  await client.ask([parseMessage('x', 'SELECT ssn FROM customers WHERE id = 1'), syncMessage]);
  expect(await client.ask([queryMessage('EXECUTE x')])).toBe('T D([redacted]) C(SELECT 1) Z(I)');
  expect(await client.ask([queryMessage('PREPARE y AS SELECT ssn FROM customers WHERE id = 2')])).toBe(
    'C(PREPARE) Z(I)',
  );
  expect(await client.ask([bindMessage('', 'y'), executeMessage(''), syncMessage])).toBe(
    '2 D([redacted]) C(SELECT 1) Z(I)',
  );
  expect(await client.ask([queryMessage('DEALLOCATE y')])).toBe('C(DEALLOCATE) Z(I)');
  expect(await client.ask([bindMessage('', 'y'), syncMessage])).toBe('E(26000) Z(I)');
  expect(await client.ask([queryMessage('EXECUTE unknown')])).toMatch(/^E\(/);
});

test('cursors are masked as what they were declared for (PG-31)', async () => {
  await client.ask([queryMessage('BEGIN')]);
  await client.ask([queryMessage('DECLARE c CURSOR FOR SELECT ssn FROM customers ORDER BY id')]);
  expect(await client.ask([queryMessage('FETCH 1 FROM c')])).toBe('T D([redacted]) C(FETCH 1) Z(T)');
  const portal = [parseMessage('', 'SELECT ssn FROM customers'), bindMessage('p', ''), syncMessage];
  await client.ask(portal);
  expect(await client.ask([queryMessage('FETCH 1 FROM p')])).toBe('T D([redacted]) C(FETCH 1) Z(T)');
  expect(await client.ask([executeMessage('c'), syncMessage])).toBe('E(34000) Z(E)');
  await client.ask([queryMessage('ROLLBACK')]);
});

test('a query in the middle of an open group is part of it (PG-36)', async () => {
  const answer = await client.ask([...unit(insert(806)), queryMessage('SELECT 1'), syncMessage], 2);
  expect(answer).toBe('1 2 C(INSERT 0 1) T D(1) C(SELECT 1) Z(T) Z(I)');
});

test('reading the catalog again leaves such a group as it is', async () => {
  const undone = await client.ask(
    [...unit(insert(808)), queryMessage('CREATE TABLE t8 ()'), ...unit('DROP TABLE orders'), syncMessage],
    2,
  );
  expect(undone).toBe('1 2 C(INSERT 0 1) C(CREATE TABLE) Z(T) E(42501) Z(I)');
  expect(await exists(808)).toBe(false);
});

test('several statements cannot be prepared', async () => {
  expect(await client.ask([parseMessage('', 'SELECT 1; SELECT 2'), syncMessage])).toBe('E(42601) Z(I)');
});

test('an empty text is answered as such', async () => {
  expect(await client.ask([queryMessage('')])).toBe('I Z(I)');
  expect(await client.ask([...unit(''), syncMessage])).toBe('1 2 I Z(I)');
});

test('parameters are judged and recorded as the reviewer reads them', async () => {
  const bind = message(frontend.bind, (body) =>
    body
      .terminated('')
      .terminated('')
      .int16(2)
      .int16(0)
      .int16(1)
      .int16(2)
      .int32(2)
      .raw(Buffer.from('42'))
      .int32(4)
      .raw(Buffer.from([0, 0, 0, 9]))
      .int16(0),
  );
  await client.ask([parseMessage('', 'SELECT $1::int, $2::int'), bind, executeMessage(''), syncMessage]);
  const record = gateway.host.decisions.at(-1)!;
  expect([record.phase, record.parameters]).toEqual(['execute', ['42', '\\x00000009']]);
});

test('a transaction begun in the same pipeline works', async () => {
  const answer = await client.ask([...unit('BEGIN'), ...unit(insert(807)), ...unit('COMMIT'), syncMessage]);
  expect(answer).toBe('1 2 C(BEGIN) 1 2 C(INSERT 0 1) 1 2 C(COMMIT) Z(I)');
  expect(await exists(807)).toBe(true);
});

test('node-postgres works with names, parameters and arrays', async () => {
  const driver = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'u',
    password: 'good-token',
    database: 'shop',
  });
  await driver.connect();
  for (let round = 0; round < 3; round += 1) {
    const query = {
      name: 'by-id',
      text: 'SELECT id, ssn FROM customers WHERE id = ANY($1) ORDER BY id',
      values: [[1, 2]],
    };
    expect((await driver.query(query)).rows).toEqual([
      { id: 1, ssn: '[redacted]' },
      { id: 2, ssn: '[redacted]' },
    ]);
  }
  await driver.end();
});
