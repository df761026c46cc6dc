import pg from 'pg';
import { startPostgres, type PostgresServer } from '@sallyport/testing';
import { readDiagnostic } from './codec.js';
import { frontend } from './messages.js';
import { message } from './codec.js';
import { queryMessage, terminateMessage } from './requests.js';
import { inShort, TestingClient } from './testing-client.js';
import { gatewayFor, leaks, shopSchema } from './testing-shop.js';

let server: PostgresServer;
let gateway: Awaited<ReturnType<typeof gatewayFor>>;
let direct: pg.Client;

beforeAll(async () => {
  server = await startPostgres({ settings: { log_statement: 'all' } });
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

async function count(table: string): Promise<number> {
  const { rows } = await direct.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
  return rows[0]!.n;
}

test('a masked column is masked, every other value passes', async () => {
  const client = await TestingClient.login(gateway.port);
  const answer = await client.ask([queryMessage('SELECT id, ssn, city FROM customers WHERE id < 3 ORDER BY id')]);
  expect(answer).toBe('T D(1,[redacted],city 1) D(2,[redacted],city 2) C(SELECT 2) Z(I)');
  expect(leaks(client.heard)).toBe(false);
  client.end();
});

test('what is recorded is what the client received', async () => {
  const before = gateway.host.responses.length;
  const client = await TestingClient.login(gateway.port);
  const greeting = Buffer.concat(client.heard).length;
  await client.ask(
    [queryMessage('SELECT * FROM customers'), queryMessage('SELECT broken'), queryMessage('SELECT 1')],
    3,
  );
  const heard = Buffer.concat(client.heard).subarray(greeting);
  expect(Buffer.concat(gateway.host.responses.slice(before)).equals(heard)).toBe(true);
  client.end();
});

test('a refusal has the fields that clients and people rely on', async () => {
  const client = await TestingClient.login(gateway.port);
  client.send(queryMessage('DROP TABLE orders'));
  const [error] = await client.until('Z');
  const decided = gateway.host.decisions.findLast((record) => record.action.text === 'DROP TABLE orders')!;
  expect(readDiagnostic(error!)).toEqual({
    S: 'ERROR',
    V: 'ERROR',
    C: '42501',
    M: 'blocked by access policy: tables stay',
    D: expect.stringMatching(new RegExp(`^decision session-\\d+\\.${decided.seq}$`)) as string,
    H: 'Ask for access and give the decision id.',
  });
  expect(await count('orders')).toBe(50);
  client.end();
});

test('one refused statement refuses the whole text (PG-01)', async () => {
  const client = await TestingClient.login(gateway.port);
  const text = "INSERT INTO orders VALUES (900, 1, 'x'); DROP TABLE orders";
  expect(await client.ask([queryMessage(text)])).toBe('E(42501) Z(I)');
  expect(await count('orders')).toBe(50);
  expect(server.log()).not.toContain('DROP TABLE orders');
  client.end();
});

test('a refusal inside a transaction aborts it on both sides', async () => {
  const client = await TestingClient.login(gateway.port);
  expect(await client.ask([queryMessage('BEGIN')])).toBe('C(BEGIN) Z(T)');
  expect(await client.ask([queryMessage("INSERT INTO orders VALUES (901, 1, 'x')")])).toBe('C(INSERT 0 1) Z(T)');
  expect(await client.ask([queryMessage('DROP TABLE orders')])).toBe('E(42501) Z(E)');
  expect(await client.ask([queryMessage('SELECT 1')])).toBe('E(25P02) Z(E)');
  expect(await client.ask([queryMessage('COMMIT')])).toBe('C(ROLLBACK) Z(I)');
  expect(await count('orders')).toBe(50);
  client.end();
});

test.each([
  ['what does not parse', 'SELEC 1', '42601'],
  ['a table that is not there', 'SELECT * FROM nowhere', '42P01'],
  ['a column that is not there', 'SELECT nothing FROM orders', '42703'],
  ['what is never supported', "SET ROLE 'postgres'", '0A000'],
])('%s gets the code that clients know', async (_, text, code) => {
  const client = await TestingClient.login(gateway.port);
  expect(await client.ask([queryMessage(text)])).toBe(`E(${code}) Z(I)`);
  expect(server.log()).not.toContain(`statement: ${text}`);
  client.end();
});

test('text that is not UTF-8 is refused and never forwarded (PG-04)', async () => {
  const client = await TestingClient.login(gateway.port);
  const bad = message(frontend.query, (body) => body.raw(Buffer.from("SELECT '\x83\\'\0", 'latin1')));
  expect(await client.ask([bad])).toBe('E(22021) Z(I)');
  client.end();
});

test.each([
  ['bytes behind the text (PG-02)', Buffer.from('select 1\0;drop table orders\0')],
  ['a text without its end', Buffer.from('select 1')],
])('%s end the session', async (_, body) => {
  const client = await TestingClient.login(gateway.port);
  client.send(message(frontend.query, (out) => out.raw(body)));
  expect(inShort(await client.rest())).toBe('E(08P01)');
});

test.each([
  ['a type that is not known', Buffer.from([0x21, 0, 0, 0, 4])],
  ['a length below the least', Buffer.from([0x51, 0, 0, 0, 3])],
  ['a length beyond the limit (PG-17)', Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff])],
  ['a password when nobody asked (PG-12)', message(frontend.password, (body) => body.terminated('x'))],
  ['a Sync with a body', Buffer.from([0x53, 0, 0, 0, 5, 0])],
])('%s ends the session', async (_, bytes) => {
  const client = await TestingClient.login(gateway.port);
  client.send(bytes);
  expect(inShort(await client.rest())).toBe('E(08P01)');
});

test('calling a function by its oid is refused (PG-29)', async () => {
  const client = await TestingClient.login(gateway.port);
  const call = message(frontend.functionCall, (body) => body.int32(2079).int16(0).int16(0).int16(0));
  expect(await client.ask([call])).toBe('E(0A000) Z(I)');
  expect(await client.ask([queryMessage('SELECT 1')])).toBe('T D(1) C(SELECT 1) Z(I)');
  client.end();
});

test('errors and notices of masked statements quote nothing (PG-65)', async () => {
  const client = await TestingClient.login(gateway.port);
  const update = "UPDATE customers SET city = 'x', ssn = 'bad' WHERE id = 1";
  client.send(queryMessage(update));
  const [error] = await client.until('Z');
  expect(readDiagnostic(error!)).toMatchObject({ C: '23514' });
  client.send(queryMessage("INSERT INTO customers (id, name) VALUES (1, 'secret again')"));
  const [duplicate] = await client.until('Z');
  expect(readDiagnostic(duplicate!)['C']).toBe('23505');
  expect(leaks(client.heard)).toBe(false);
  client.end();
});

test('a failing row is not quoted to whoever may not see all of it', async () => {
  await direct.query('ALTER TABLE customers ADD CONSTRAINT short CHECK (length(city) < 50)');
  const client = await TestingClient.login(gateway.port);
  client.send(queryMessage("UPDATE customers SET city = repeat('x', 60) WHERE id = 1"));
  expect(inShort(await client.until('Z'))).toBe('E(23514) Z(I)');
  expect(leaks(client.heard)).toBe(false);
  client.end();
});

test('every request that ran has its outcome recorded once', async () => {
  const client = await TestingClient.login(gateway.port);
  const before = gateway.host.outcomes.length;
  await client.ask(
    [queryMessage('SELECT 1; SELECT 2'), queryMessage('SELECT 1/0'), queryMessage('DROP TABLE orders')],
    3,
  );
  expect(gateway.host.outcomes.slice(before).map(({ completion }) => completion)).toEqual([
    'SELECT 1; SELECT 1',
    '22012',
  ]);
  client.end();
});

test('when the recording fails nothing runs and the session ends', async () => {
  const client = await TestingClient.login(gateway.port);
  gateway.host.failRecording = true;
  try {
    client.send(queryMessage("INSERT INTO orders VALUES (902, 1, 'x')"));
    expect(inShort(await client.rest())).toBe('E(58030)');
  } finally {
    gateway.host.failRecording = false;
  }
  expect(await count('orders')).toBe(50);
});

test('a judge that throws denies', async () => {
  const client = await TestingClient.login(gateway.port);
  const { opinion } = gateway.host;
  gateway.host.opinion = () => {
    throw new Error('out of order');
  };
  expect(await client.ask([queryMessage('SELECT 1')])).toBe('E(42501) Z(I)');
  gateway.host.opinion = opinion;
  client.end();
});

test('the gateway ends a session on order', async () => {
  const client = await TestingClient.login(gateway.port);
  gateway.host.sessions.at(-1)!.request.terminate('access was revoked');
  const [error] = await client.rest();
  expect(readDiagnostic(error!)).toMatchObject({ S: 'FATAL', C: '57P01' });
  expect(gateway.host.sessions.at(-1)!.closed).toBeDefined();
});

test('what was sent ahead of Terminate still runs and is recorded', async () => {
  const client = await TestingClient.login(gateway.port);
  client.send(queryMessage("INSERT INTO orders VALUES (903, 1, 'x')"), terminateMessage);
  expect(inShort(await client.rest())).toBe('C(INSERT 0 1) Z(I)');
  expect(gateway.host.outcomes.at(-1)!.completion).toBe('INSERT 0 1');
  await direct.query('DELETE FROM orders WHERE id = 903');
});

test('many queries in one write are answered one by one', async () => {
  const client = await TestingClient.login(gateway.port);
  const queries = Array.from({ length: 500 }, (_, at) => queryMessage(`SELECT ${at}`));
  const answer = await client.ask(queries, 500);
  expect(
    answer
      .split(' Z(I)')
      .slice(0, -1)
      .map((each) => /D\((\d+)\)/.exec(each)![1]),
  ).toEqual(Array.from({ length: 500 }, (_, at) => String(at)));
  client.end();
});

test('a session behaves the same one byte at a time', async () => {
  const client = await TestingClient.login(gateway.port);
  const bytes = Buffer.concat([
    queryMessage('SELECT ssn FROM customers WHERE id = 1'),
    queryMessage('DROP TABLE orders'),
  ]);
  for (const byte of bytes) {
    client.socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(inShort(await client.until('Z', 2))).toBe('T D([redacted]) C(SELECT 1) Z(I) E(42501) Z(I)');
  client.end();
});
