import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAllowedAddress, resolveIssuerHost } from './issuer-address.js';
import { askIssuer, fetchIssuerJson, issuerFetch, IssuerUnreachable } from './issuer-fetch.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`);
}

test.each([
  ['169.254.169.254', false],
  ['169.254.170.2', false],
  ['100.100.100.200', false],
  ['192.0.0.192', false],
  ['0.0.0.0', false],
  ['255.255.255.255', false],
  ['224.0.0.1', false],
  ['::', false],
  ['fe80::1', false],
  ['ff02::1', false],
  ['fd00:ec2::254', false],
  ['::ffff:169.254.169.254', false],
  ['::ffff:a9fe:a9fe', false],
  ['64:ff9b::a9fe:a9fe', false],
  ['2002:a9fe:a9fe::1', false],
  ['issuer.example', false],
  ['', false],
  ['10.1.2.3', true],
  ['192.168.1.1', true],
  ['fd12:3456::1', true],
  ['140.82.112.3', true],
  ['2606:50c0:8000::153', true],
  ['::1', true],
])('ID-04: an issuer at %s: %s', (address, expected) => {
  expect(isAllowedAddress(address)).toBe(expected);
});

test('ID-04: no notation of a metadata address in a URL gets around', async () => {
  for (const host of [
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '[::ffff:169.254.169.254]',
  ]) {
    const url = new URL(`https://${host}/latest/meta-data`);
    await expect(resolveIssuerHost(url)).rejects.toThrow('no issuer may be');
    await expect(askIssuer(url)).rejects.toBeInstanceOf(IssuerUnreachable);
  }
});

test('ID-04: plain http is asked on loopback only, and no other scheme at all', async () => {
  for (const url of [
    'http://issuer.example/',
    'http://10.0.0.1/',
    'file:///etc/passwd',
    'https://a:b@issuer.example/',
  ]) {
    await expect(askIssuer(new URL(url))).rejects.toThrow('neither https nor http on loopback');
  }
});

test('JSON is read, and nothing else', async () => {
  expect(await fetchIssuerJson(await serve((_, response) => response.end('{"keys":[]}')))).toEqual({ keys: [] });
  for (const body of ['', '<html>', '{', Buffer.from([0x22, 0xff, 0x22])]) {
    const url = await serve((_, response) => response.end(body));
    await expect(fetchIssuerJson(url)).rejects.toThrow('no JSON');
  }
  const missing = await serve((_, response) => response.writeHead(404).end('{}'));
  await expect(fetchIssuerJson(missing)).rejects.toThrow('status 404');
});

test('ID-04: a redirect is not followed', async () => {
  let reached = 0;
  const target = await serve((_, response) => {
    reached += 1;
    response.end('{}');
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const url = await serve((_, response) => response.writeHead(status, { location: target.href }).end());
    await expect(fetchIssuerJson(url)).rejects.toThrow(`status ${status}`);
  }
  expect(reached).toBe(0);
});

test('an answer without end is cut off', async () => {
  const url = await serve((_, response) => {
    const more = (): void => void response.write('x'.repeat(64 * 1024), () => setImmediate(more));
    more();
  });
  await expect(askIssuer(url)).rejects.toThrow('more than 262144 bytes');
});

test('a compressed answer is not unpacked', async () => {
  const url = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'));
  await expect(askIssuer(url)).rejects.toThrow('compressed');
});

test('an answer that never comes, or never ends, is not waited for', async () => {
  const silent = await serve(() => undefined);
  const slow = await serve((_, response) => void response.write('{'));
  const started = Date.now();
  await Promise.all([silent, slow].map((url) => expect(askIssuer(url)).rejects.toThrow('in time')));
  expect(Date.now() - started).toBeLessThan(8_000);
}, 10_000);

test('it stands in for fetch: form out, JSON in', async () => {
  const url = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response.writeHead(201, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          method: request.method,
          type: request.headers['content-type'],
          body: String(Buffer.concat(chunks)),
        }),
      ),
    );
  });
  const response = await issuerFetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ code: 'a b' }),
  });
  expect([response.status, await response.json()]).toEqual([
    201,
    { method: 'POST', type: 'application/x-www-form-urlencoded', body: 'code=a+b' },
  ]);
});
