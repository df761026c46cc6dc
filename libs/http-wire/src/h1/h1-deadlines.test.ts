import { RawSocket } from '@sallyport/testing';
import type { ServerRequest } from '../message.js';
import type { ServerLimits } from '../server/server-limits.js';
import { answer, bodyOf, echo, WireServer, type SeenRequest } from '../testing/wire-server.js';

let server: WireServer;
let client: RawSocket;
const seen: SeenRequest[] = [];

afterEach(async () => {
  client.destroy();
  await server.stop();
  seen.length = 0;
});

async function serve(
  limits: Partial<ServerLimits>,
  onRequest: (request: ServerRequest) => void = echo(seen),
): Promise<void> {
  server = await WireServer.start({ onRequest, limits: { lingerMs: 50, ...limits } });
  client = await RawSocket.connect(server.port);
}

/** One piece every 40 ms until the peer closes. */
async function drip(pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    if (client.closed) return;
    client.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

test('HT-19: a head that drips is refused in a time of its own, however often a byte comes', async () => {
  await serve({ headMs: 200, idleMs: 60_000 });
  const started = Date.now();
  await drip('GET / HTTP/1.1\r\nHost: gw\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaa');
  expect((await client.readToEnd()).toString()).toMatch(/^HTTP\/1\.1 408 /);
  expect(Date.now() - started).toBeLessThan(1200);
  expect(server.faultCodes).toEqual(['head-timeout']);
});

test('HT-19: the same holds for the second request of a connection', async () => {
  await serve({ headMs: 200, idleMs: 60_000 });
  client.write('GET / HTTP/1.1\r\nHost: gw\r\n\r\n');
  await client.readUntil('"body":""}');
  await drip('GET / HTTP/1.1\r\nHost: gw\r\nX-Slow: aaaaaaaaaaaaaaa');
  expect((await client.readToEnd()).toString()).toMatch(/^HTTP\/1\.1 408 /);
});

test('an idle connection ends without a word, before its first request and between two', async () => {
  await serve({ idleMs: 150 });
  expect((await client.readToEnd()).length).toBe(0);
  client = await RawSocket.connect(server.port);
  client.write('GET / HTTP/1.1\r\nHost: gw\r\n\r\n');
  await client.readUntil('"body":""}');
  expect((await client.readToEnd()).length).toBe(0);
  expect(server.faults).toEqual([]);
});

test('HT-15: a body that stops, or drips, is refused', async () => {
  await serve({ bodyIdleMs: 150, bodyRate: 1000 });
  client.write('POST / HTTP/1.1\r\nHost: gw\r\nContent-Length: 100\r\n\r\nabc');
  expect((await client.readToEnd()).toString()).toMatch(/^HTTP\/1\.1 408 /);
  client = await RawSocket.connect(server.port);
  client.write('POST / HTTP/1.1\r\nHost: gw\r\nContent-Length: 100\r\n\r\n');
  await drip('a'.repeat(20));
  expect((await client.readToEnd()).toString()).toMatch(/^HTTP\/1\.1 408 /);
  expect(server.faultCodes).toEqual(['body-timeout', 'body-timeout']);
  expect(seen).toEqual([]);
});

test('the time that the handler takes is not the client’s', async () => {
  await serve({ headMs: 80, idleMs: 80, bodyIdleMs: 80, bodyRate: 100_000 }, (request) => {
    setTimeout(() => {
      bodyOf(request).then(
        (body) => setTimeout(() => answer(request, body), 200),
        () => undefined,
      );
    }, 200);
  });
  client.write('POST / HTTP/1.1\r\nHost: gw\r\nContent-Length: 5\r\n\r\nhello');
  expect((await client.readUntil('hello')).toString()).toMatch(/^HTTP\/1\.1 200 /);
});

test('a connection that is over is let go even when the client keeps it open', async () => {
  await serve({ lingerMs: 100 });
  client.write('nonsense');
  client.write('\n'.repeat(10));
  await client.readUntil('\n\r\n');
  while (server.closed === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(server.closed).toBe(1);
});
