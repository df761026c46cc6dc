import { createServer, type AddressInfo } from 'node:net';
import { WireFault } from '../message.js';
import { ask, poolTo } from '../testing/upstream-client.js';
import { guardAddress, resolveTarget } from './address.js';

const answering =
  (...ips: string[]) =>
  (): Promise<readonly string[]> =>
    Promise.resolve(ips);

async function faultOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (cause) {
    return cause instanceof WireFault && cause.status === 502 ? cause.code : String(cause);
  }
}

test.each([
  ['0x7f.1'],
  ['0x7f.0.0.1'],
  ['127.1'],
  ['2130706433'],
  ['0177.0.0.1'],
  ['127.0.0.01'],
  ['a.b.0x'],
  ['target.test.'],
  ['127.0.0.1.'],
  ['[::1'],
  ['user@target.test'],
  ['target.test/x'],
  ['target.test\0'],
  ['tärget.test'],
  ['-target.test'],
  ['a..test'],
  [''],
  ['/run/target.sock'],
  [`${'a'.repeat(64)}.test`],
])('%j is neither a name nor an address in its usual form, and is not looked up', async (host) => {
  let lookups = 0;
  const lookup = (): Promise<readonly string[]> => {
    lookups += 1;
    return Promise.resolve(['192.0.2.1']);
  };
  expect(await faultOf(resolveTarget(host, 80, { lookup }))).toBe('address-form');
  expect(lookups).toBe(0);
});

test('a name leads to its addresses in their order, an address to itself', async () => {
  const lookup = answering('2606:4700::1111', '10.0.0.1', '::ffff:10.0.0.2');
  expect(await resolveTarget('Target.test', 80, { lookup })).toEqual([
    { address: '2606:4700:0:0:0:0:0:1111', family: 6 },
    { address: '10.0.0.1', family: 4 },
    { address: '10.0.0.2', family: 4 },
  ]);
  expect(await resolveTarget('10.1.2.3', 80)).toEqual([{ address: '10.1.2.3', family: 4 }]);
  expect(await resolveTarget('[::1]', 80)).toEqual([{ address: '0:0:0:0:0:0:0:1', family: 6 }]);
});

test.each([
  ['target.test', ['127.0.0.1']],
  ['127.evil.test', ['127.0.0.1']],
  ['x.localhost', ['::1']],
  ['target.test', ['169.254.169.254']],
  ['target.test', ['::ffff:169.254.169.254']],
  ['target.test', ['64:ff9b::a9fe:a9fe']],
  ['target.test', ['2002:a9fe:a9fe::1']],
  ['target.test', ['fd00:ec2::254']],
  ['target.test', ['0.0.0.0']],
  ['target.test', ['::']],
  ['target.test', ['10.0.0.1', '169.254.169.254']],
  ['target.test', ['nonsense']],
  ['localhost', ['10.0.0.1']],
])('%s that resolves to %j is not dialled', async (host, ips) => {
  expect(await faultOf(resolveTarget(host, 80, { lookup: answering(...ips) }))).toBe('address-denied');
});

test.each([['169.254.169.254'], ['::ffff:127.0.0.1'], ['0.0.0.0'], ['[fe80::1]'], ['fe80::1%eth0'], ['224.0.0.1']])(
  'the address %s is not dialled where it is configured either',
  async (host) => {
    expect(await faultOf(resolveTarget(host, 80))).toBe('address-denied');
  },
);

test('what does not resolve is a fault of its own', async () => {
  expect(await faultOf(resolveTarget('target.test', 80, { lookup: answering() }))).toBe('address-unresolved');
  const lookup = (): Promise<never> => Promise.reject(new Error('SERVFAIL'));
  expect(await faultOf(resolveTarget('target.test', 80, { lookup }))).toBe('address-unresolved');
});

test('what the owner forbids is forbidden in every form', async () => {
  const forbidden = (address: string, port: number): boolean => address === '10.0.0.9' && port === 8443;
  expect(() => guardAddress('api.test', '::ffff:10.0.0.9', 8443, { forbidden })).toThrow(WireFault);
  expect(guardAddress('api.test', '10.0.0.9', 443, { forbidden })).toEqual({ address: '10.0.0.9', family: 4 });
});

test('each connection resolves and checks anew: a name that is rebound is not followed', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const answers = [['127.0.0.1'], ['127.0.0.1'], ['169.254.169.254']];
  const pool = poolTo(port, {
    endpoint: { host: 'localhost', port, tls: 'disable' },
    lookup: () => Promise.resolve(answers.shift() ?? []),
  });
  const kinds = [];
  for (let round = 0; round < 4; round += 1) {
    const outcome = await ask(pool).outcome;
    kinds.push(outcome.kind === 'failed' ? [outcome.fault.code, outcome.sent] : outcome.kind);
  }
  expect(kinds).toEqual(['response', 'response', ['address-denied', false], ['address-unresolved', false]]);
  pool.close();
  server.close();
});

test('where the first address does not answer, the next is tried', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\n\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  const { port } = server.address() as AddressInfo;
  const pool = poolTo(port, {
    endpoint: { host: 'localhost', port, tls: 'disable' },
    lookup: answering('127.0.0.3', '127.0.0.2'),
  });
  expect((await ask(pool).outcome).kind).toBe('response');
  pool.close();
  server.close();
});
