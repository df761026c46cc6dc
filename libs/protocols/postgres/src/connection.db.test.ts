import { execFile } from 'node:child_process';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FaultProxy,
  issueServerCertificate,
  makeAuthority,
  RawSocket,
  startPostgres,
  type PostgresServer,
} from '@sallyport/testing';
import { message, readDiagnostic, untypedMessage } from './codec.js';
import { frontend } from './messages.js';
import { cancelRequest, queryMessage, sslRequest, startupMessage } from './requests.js';
import { inShort, TestingClient } from './testing-client.js';
import { binding, deny, gatewayFor, hold, shopPolicy, shopSchema } from './testing-shop.js';
import pg from 'pg';

let server: PostgresServer;
let gateway: Awaited<ReturnType<typeof gatewayFor>>;
let ca: string;
let certificate: { certificate: string; privateKey: string };
const directory = mkdtempSync(join(tmpdir(), 'sallyport-connection-'));

beforeAll(async () => {
  server = await startPostgres({ tls: true });
  const direct = new pg.Client({ connectionString: server.url });
  await direct.connect();
  await direct.query(shopSchema);
  await direct.end();
  const authority = await makeAuthority();
  ca = authority.certificate;
  writeFileSync(join(directory, 'ca.pem'), ca);
  certificate = await issueServerCertificate(authority, ['localhost', '127.0.0.1']);
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  gateway = await gatewayFor(server);
});
afterEach(() => gateway.close());

const startup = (settings: Readonly<Record<string, string>> = {}): Buffer =>
  startupMessage(new Map(Object.entries({ user: 'anybody', database: 'shop', ...settings })));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const password = (token: string): Buffer => message(frontend.password, (body) => body.terminated(token));

async function refusal(...sent: readonly Buffer[]): Promise<string> {
  const client = await TestingClient.open(gateway.port);
  client.send(...sent);
  return inShort(await client.rest());
}

async function psql(parameters: string, sql: string): Promise<string> {
  const connection = `host=127.0.0.1 port=${gateway.port} dbname=shop user=anybody password=good-token ${parameters}`;
  const { stdout } = await promisify(execFile)('psql', ['-XAtc', sql, connection], { timeout: 10_000 });
  return stdout.trim();
}

describe('with TLS', () => {
  beforeEach(() => gateway.host.useTls(certificate.certificate, certificate.privateKey));

  test('psql connects and verifies the gateway', async () => {
    const verified = `sslmode=verify-ca sslrootcert=${join(directory, 'ca.pem')}`;
    expect(await psql(verified, 'SELECT ssn FROM customers WHERE id = 1')).toBe('[redacted]');
  });

  test('a plain connection is refused before any credential is asked for (PG-10)', async () => {
    const client = await TestingClient.open(gateway.port);
    client.send(startup());
    const heard = await client.rest();
    expect(heard).toHaveLength(1);
    expect(readDiagnostic(heard[0]!)).toMatchObject({ S: 'FATAL', C: '28000', M: 'TLS is required' });
  });

  test('bytes behind an SSLRequest are not taken for protected ones (PG-07)', async () => {
    const client = await TestingClient.open(gateway.port);
    client.send(sslRequest, startup());
    expect(inShort(await client.rest())).toBe('E(08P01)');
  });

  test('direct TLS needs its ALPN (PG-09)', async () => {
    const dial = (ALPNProtocols: string[] | undefined): Promise<TLSSocket> =>
      new Promise((resolve, reject) => {
        const socket: TLSSocket = connectTls(
          { host: '127.0.0.1', port: gateway.port, ca, ...(ALPNProtocols && { ALPNProtocols }) },
          () => resolve(socket),
        );
        socket.once('error', reject);
      });
    const good = await dial(['postgresql']);
    good.write(startup());
    const first = await new Promise<Buffer>((resolve) => good.once('data', resolve));
    expect(first[0]).toBe('R'.charCodeAt(0));
    good.destroy();
    await expect(dial(['http/1.1'])).rejects.toThrow();
    const without = await dial(undefined);
    without.on('error', () => undefined).write(startup());
    const heard: Buffer[] = [];
    without.on('data', (chunk: Buffer) => heard.push(chunk));
    await new Promise((resolve) => without.once('close', resolve));
    expect(Buffer.concat(heard).includes('R\0\0\0')).toBe(false);
  });

  test('TLS is asked for once', async () => {
    const raw = await RawSocket.connect(gateway.port);
    raw.write(sslRequest);
    expect((await raw.readBytes(1)).toString()).toBe('S');
    await raw.startTls({ ca, host: '127.0.0.1', ALPNProtocols: ['postgresql'] });
    raw.write(sslRequest);
    expect((await raw.readToEnd()).toString()).toContain('08P01');
  });
});

test('GSSAPI encryption is declined, and TLS where there is none', async () => {
  const client = await RawSocket.connect(gateway.port);
  client.write(untypedMessage((body) => body.int32(80877104)));
  expect((await client.readBytes(1)).toString()).toBe('N');
  client.write(sslRequest);
  expect((await client.readBytes(1)).toString()).toBe('N');
  client.write(sslRequest);
  expect((await client.readToEnd()).toString()).toContain('08P01');
});

test.each([
  ['another major version', untypedMessage((body) => body.int32(2 << 16).terminated('x')), '0A000'],
  ['replication (PG-19)', startup({ replication: 'database' }), '0A000'],
  ['another encoding (PG-04)', startup({ client_encoding: 'SJIS' }), '0A000'],
  ['a parameter that is not allowed (PG-13)', startup({ session_preload_libraries: 'x' }), '22023'],
  ['a role in the options (PG-13)', startup({ options: '-c role=admin' }), '22023'],
  ['a path in the options (PG-13)', startup({ options: '-csearch_path=evil' }), '22023'],
  ['an option without a name (PG-13)', startup({ options: '-c =x' }), '22023'],
  ['a packet that lies about its length', Buffer.from([0x7f, 0, 0, 0, 0, 3, 0, 0]), '08P01'],
  ['a packet without a user', startupMessage(new Map([['database', 'shop']])), '28000'],
])('%s is refused', async (_, packet, code) => {
  expect(await refusal(packet)).toBe(`E(${code})`);
});

test('what may be set at the start reaches the target', async () => {
  const options = "options='-c statement_timeout=4321 -c TimeZone=UTC' application_name=mine";
  const text = "SELECT current_setting('statement_timeout'), current_setting('application_name')";
  expect(await psql(`sslmode=disable ${options}`, text)).toBe('4321ms|mine');
});

test.each([
  [(3 << 16) | 1, '_pq_.', 196608],
  [(3 << 16) | 2, undefined, undefined],
  [(3 << 16) | 99, undefined, 196610],
])('version %i is negotiated (PG-11)', async (version, option, answered) => {
  const client = await TestingClient.open(gateway.port);
  client.send(
    untypedMessage((body) => {
      body.int32(version).terminated('user').terminated('x').terminated('database').terminated('shop');
      if (option) body.terminated(`${option}x`).terminated('1');
      body.uint8(0);
    }),
  );
  const first = await client.next();
  expect(String.fromCharCode(first[0]!)).toBe(answered === undefined ? 'R' : 'v');
  if (answered !== undefined) expect(first.readInt32BE(5)).toBe(answered);
  if (answered !== undefined) await client.until('R');
  client.send(password('good-token'));
  const key = (await client.until('Z')).find((each) => each[0] === 'K'.charCodeAt(0))!;
  expect(key.length - 9).toBe(answered === 196608 ? 4 : 32);
  client.end();
});

test.each([
  ['a wrong token', 'bad-token', 'shop', '28P01'],
  ['a resource that does not exist', 'good-token', 'nowhere', '28000'],
])('%s is refused', async (_, token, database, code) => {
  const client = await TestingClient.open(gateway.port);
  client.send(startup({ database }));
  await client.until('R');
  client.send(password(token));
  expect(inShort(await client.rest())).toBe(`E(${code})`);
});

test('a resource out of bounds and one that does not exist sound the same', async () => {
  gateway.host.opinion = () => deny('not for you');
  const words = async (database: string): Promise<unknown> => {
    const client = await TestingClient.open(gateway.port);
    client.send(startup({ database }));
    await client.until('R');
    client.send(password('good-token'));
    return readDiagnostic((await client.rest())[0]!);
  };
  expect(await words('shop')).toEqual(await words('nowhere'));
  expect(gateway.host.decisions.at(-1)!.action.kind).toBe('connect');
});

test('a connection may wait for people', async () => {
  gateway.host.opinion = (action) => (action.kind === 'connect' ? hold : shopPolicy(action));
  const pending = TestingClient.login(gateway.port);
  await gateway.host.approvals.decide({ state: 'approved' });
  const client = await pending;
  expect(await client.ask([queryMessage('SELECT 1')])).toBe('T D(1) C(SELECT 1) Z(I)');
  client.end();
});

test('a session that is ended while it is being opened runs nothing that was sent ahead', async () => {
  const dialled: Socket[] = [];
  const slow = createServer((socket) => void dialled.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const { port } = slow.address() as AddressInfo;
  const upstream = { ...binding(server).upstream, port };
  gateway.host.bindings.set('shop', binding(server, { upstream, revision: 'slow' }));
  // Half open: that the gateway has hung up does not make this client hang up.
  const client = connect({ host: '127.0.0.1', port: gateway.port, allowHalfOpen: true }).on('error', () => undefined);
  client.write(startup());
  await new Promise((resolve) => client.once('data', resolve));
  const heard: Buffer[] = [];
  client.on('data', (chunk: Buffer) => heard.push(chunk));
  client.write(password('good-token'));
  for (let tries = 0; dialled.length < 2 && tries < 200; tries += 1) await pause(5);
  client.write(queryMessage('INSERT INTO orders (id) VALUES (4711)'));
  await pause(50);
  gateway.host.sessions[0]!.request.terminate('access was revoked');
  for (const socket of dialled) {
    const onwards = connect({ host: server.host, port: server.port }).on('error', () => undefined);
    socket.pipe(onwards).pipe(socket);
  }
  await pause(1500);
  expect(gateway.host.sessions[0]!.closed).toBeDefined();
  expect(gateway.host.executed()).toEqual([]);
  expect(Buffer.concat(heard).toString()).toContain('terminating connection: access was revoked');
  client.destroy();
  for (const socket of dialled) socket.destroy();
  slow.close();
});

test('an approval that comes after the session was ended opens nothing', async () => {
  gateway.host.opinion = () => hold;
  const client = await TestingClient.open(gateway.port);
  client.send(startup());
  await client.until('R');
  client.send(password('good-token'));
  await gateway.host.approvals.pending();
  gateway.host.sessions[0]!.request.terminate('access was revoked');
  await gateway.host.approvals.decide({ state: 'approved' });
  expect(inShort(await client.rest())).toBe('N(00000) E(57P01)');
  expect(gateway.host.approvals.reports).toEqual(['failed: the session was ended before it began']);
});

test('talking on before the login is done ends the connection (PG-12)', async () => {
  const client = await TestingClient.open(gateway.port);
  client.send(startup());
  await client.until('R');
  client.send(password('good-token'), startup({ user: 'root' }));
  expect(inShort(await client.rest())).toBe('E(08P01)');
});

test('whoever stalls is cut off at the deadline, and holds up nobody (PG-18)', async () => {
  gateway.host.limits = { ...gateway.host.limits, authTimeoutMs: 300 };
  const stalling = await Promise.all(Array.from({ length: 20 }, () => TestingClient.open(gateway.port)));
  for (const client of stalling.slice(0, 10)) client.send(Buffer.from([0, 0]));
  await new Promise((resolve) => setTimeout(resolve, 100)); // accepted, with the short deadline
  gateway.host.limits = { ...gateway.host.limits, authTimeoutMs: 5000 };
  const good = await TestingClient.login(gateway.port);
  good.end();
  for (const client of stalling) expect(inShort(await client.rest())).toBe('E(08P01)');
});

test('there is room for so many strangers and no more', async () => {
  gateway.host.limits = { ...gateway.host.limits, maxUnauthenticated: 2 };
  const first = await TestingClient.open(gateway.port);
  const second = await TestingClient.login(gateway.port);
  const third = await TestingClient.open(gateway.port);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const fourth = await TestingClient.open(gateway.port);
  expect(await fourth.rest()).toEqual([]);
  for (const client of [first, second, third]) client.end();
});

test('a cancel request stops what runs, with the right secret only (PG-15)', async () => {
  const client = await TestingClient.login(gateway.port);
  const cancel = async (secret: Buffer): Promise<void> => {
    const other = await TestingClient.open(gateway.port);
    other.send(cancelRequest(client.processId, secret));
    expect(await other.rest()).toEqual([]);
  };
  client.send(queryMessage('SELECT pg_sleep(3)'));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await cancel(Buffer.alloc(client.secret.length, 1));
  const started = performance.now();
  await cancel(client.secret);
  expect(inShort(await client.until('Z'))).toBe('T E(57014) Z(I)');
  expect(performance.now() - started).toBeLessThan(2500);
  await cancel(client.secret); // nothing runs: nothing happens
  expect(await client.ask([queryMessage('SELECT 1')])).toBe('T D(1) C(SELECT 1) Z(I)');
  client.end();
});

describe('the target', () => {
  async function loginTo(changes: Partial<ReturnType<typeof binding>>): Promise<string> {
    gateway.host.bindings.set('shop', binding(server, { revision: 'other', ...changes }));
    const client = await TestingClient.open(gateway.port);
    client.send(startup());
    await client.until('R');
    client.send(password('good-token'));
    const last = await client.login();
    client.end();
    return inShort([last]);
  }
  const upstream = (): ReturnType<typeof binding>['upstream'] => binding(server).upstream;

  test('is reached over TLS and verified', async () => {
    expect(await loginTo({ upstream: { ...upstream(), tls: 'verify-full', ca: server.ca } })).toBe('Z(I)');
  });

  test.each([
    ['another authority', (): object => ({ upstream: { ...upstream(), tls: 'verify-full', ca } })],
    [
      'another name',
      (): object => ({ upstream: { ...upstream(), tls: 'verify-full', ca: server.ca, serverName: 'db.example' } }),
    ],
    ['a wrong password', (): object => ({ credential: { username: 'app', password: 'wrong' } })],
    ['nobody there', (): object => ({ upstream: { ...upstream(), port: 1 } })],
  ])('is not used with %s', async (_, changes) => {
    expect(await loginTo(changes())).toBe('E(08001)');
    expect(gateway.host.logs.join()).not.toContain(server.password);
  });

  test('that goes away ends the session with a word', async () => {
    const proxy = await FaultProxy.start({ host: server.host, port: server.port });
    gateway.host.bindings.set(
      'shop',
      binding(server, { upstream: { ...upstream(), port: proxy.port }, revision: 'proxied' }),
    );
    const client = await TestingClient.login(gateway.port);
    client.send(queryMessage('SELECT pg_sleep(5)'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    proxy.cut();
    const heard = await client.rest();
    expect(readDiagnostic(heard.at(-1)!)).toMatchObject({ S: 'FATAL', C: '57P01' });
    expect(gateway.host.outcomes.at(-1)!.completion).toBe('unknown');
    await proxy.stop();
  });
});
