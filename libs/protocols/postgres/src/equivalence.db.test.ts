import fc from 'fast-check';
import pg from 'pg';
import { FaultProxy, startPostgres, type PostgresServer } from '@sallyport/testing';
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
import { binding, gatewayFor, leaks, shopSchema } from './testing-shop.js';
import { UpstreamClient } from './upstream.js';
import { MessageStream } from './message-stream.js';

let server: PostgresServer;
let gateway: Awaited<ReturnType<typeof gatewayFor>>;

beforeAll(async () => {
  server = await startPostgres();
  const direct = new pg.Client({ connectionString: server.url });
  await direct.connect();
  await direct.query(shopSchema);
  await direct.end();
  gateway = await gatewayFor(server);
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await server.stop();
});

const statement = fc.constantFrom('', 's', 't');
/** Named: a simple query that failed leaves the server one without a name, which nobody may use. */
const portal = fc.constantFrom('p', 'q');
const text = fc.constantFrom(
  '',
  'SELECT 1',
  'SELECT 1/0',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT x',
  'ROLLBACK TO x',
  'PREPARE s AS SELECT 3',
  'DEALLOCATE s',
  'CREATE TEMP TABLE made (a int)',
  'SELECT count(*) FROM made',
);
const group = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.tuple(statement, text).map(([name, sql]) => parseMessage(name, sql)) },
    { weight: 4, arbitrary: fc.tuple(portal, statement).map(([to, from]) => bindMessage(to, from)) },
    { weight: 4, arbitrary: portal.map((name) => executeMessage(name)) },
    portal.map((name) => targetMessage(frontend.describe, 'P', name)),
    statement.map((name) => targetMessage(frontend.describe, 'S', name)),
    portal.map((name) => targetMessage(frontend.close, 'P', name)),
    statement.map((name) => targetMessage(frontend.close, 'S', name)),
    fc.constant(flushMessage),
    text.map((sql) => Buffer.concat(unit(sql))),
  ),
  { maxLength: 7 },
);
/** Simple queries stand between the groups: in the middle of one the server itself may lose its step. */
const conversation = fc.array(
  fc.oneof(
    group.map((messages) => [...messages, syncMessage]),
    fc.oneof(text, fc.constant('DISCARD ALL')).map((sql) => [queryMessage(sql)]),
  ),
  { minLength: 1, maxLength: 6 },
);
const theEnd = queryMessage("SELECT 'the end'");

/** What a server answers, up to the answer to a last question. */
async function answers(send: (bytes: Buffer) => void, next: () => Promise<Buffer>, bytes: Buffer): Promise<string> {
  send(Buffer.concat([bytes, theEnd]));
  const heard: Buffer[] = [];
  for (let ended = false; ;) {
    const received = await next();
    heard.push(received);
    ended ||= received.includes('the end');
    // In a failed transaction the last question is refused: its ReadyForQuery is the one per group and query.
    if (received[0] === 'Z'.charCodeAt(0) && (ended || heard.filter((each) => each[0] === received[0]).length > 40))
      break;
    if (received[0] === 'Z'.charCodeAt(0) && expected(bytes) === heard.filter((each) => each[0] === received[0]).length)
      break;
  }
  return inShort(heard);
}

/** In a failed transaction the server does not look for names any more; the gateway does, and says so instead. */
function errorsAlike(answer: string): string {
  return answer.replaceAll(/E\((?:42P01|34000|26000)\)/g, 'E(25P02)');
}

/** One ReadyForQuery for each Sync and each query, and one for the last question. */
function expected(bytes: Buffer): number {
  let count = 1;
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    if (bytes[at] === frontend.sync || bytes[at] === frontend.query) count += 1;
  }
  return count;
}

test('whatever a client says, the gateway answers as the server would', async () => {
  await fc.assert(
    fc.asyncProperty(conversation, async (groups) => {
      const bytes = Buffer.concat(groups.flat());
      const target = { endpoint: binding(server).upstream, credential: binding(server).credential };
      const upstream = await UpstreamClient.connect(target, new Map(), AbortSignal.timeout(10_000));
      upstream.release();
      const stream = new MessageStream(upstream.socket, AbortSignal.timeout(10_000), 1 << 20);
      upstream.socket.resume();
      const direct = await answers(
        (sent) => upstream.socket.write(sent),
        () => stream.typed(),
        bytes,
      );
      upstream.socket.destroy();
      const client = await TestingClient.login(gateway.port);
      const through = await answers(
        (sent) => client.send(sent),
        () => client.next(),
        bytes,
      );
      client.end();
      expect(errorsAlike(through)).toBe(errorsAlike(direct));
    }),
    { numRuns: 60 },
  );
}, 120_000);

test('answers that arrive byte by byte come out the same', async () => {
  const proxy = await FaultProxy.start({ host: server.host, port: server.port });
  const upstream = { ...binding(server).upstream, port: proxy.port };
  gateway.host.bindings.set('shop', binding(server, { upstream, revision: 'in pieces' }));
  const client = await TestingClient.login(gateway.port);
  proxy.fragment(1, 'to-client');
  const asked = [queryMessage('SELECT id, ssn FROM customers WHERE id < 3 ORDER BY id'), queryMessage('SELECT 1/0')];
  expect(await client.ask([...asked, ...unit('SELECT ssn FROM customers WHERE id = 1'), syncMessage], 3)).toBe(
    'T D(1,[redacted]) D(2,[redacted]) C(SELECT 2) Z(I) E(22012) Z(I) 1 2 D([redacted]) C(SELECT 1) Z(I)',
  );
  expect(leaks(client.heard)).toBe(false);
  client.end();
  await proxy.stop();
});
