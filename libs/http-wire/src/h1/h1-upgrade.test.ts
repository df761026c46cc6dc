import { RawSocket } from '@sallyport/testing';
import type { ServerRequest, Tunnel } from '../message.js';
import { answer, echo, WireServer, type SeenRequest } from '../testing/wire-server.js';

const upgrade =
  'GET /ws HTTP/1.1\r\nHost: gw\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\n\r\n';

let server: WireServer;
let client: RawSocket;

afterEach(async () => {
  client.destroy();
  await server.stop();
});

async function serve(onRequest: (request: ServerRequest) => void): Promise<void> {
  server = await WireServer.start({ onRequest, limits: { idleMs: 100, headMs: 100, lingerMs: 50 } });
  client = await RawSocket.connect(server.port);
}

test('after a switch the bytes are a tunnel, those sent ahead first, and no deadline of HTTP holds', async () => {
  const tunnels: Tunnel[] = [];
  await serve((request) => {
    expect(request.head.upgrade).toBe('websocket');
    const tunnel = request.switchProtocols([['sec-websocket-accept', 'x']]);
    tunnels.push(tunnel);
    tunnel.on('data', (chunk: Buffer) => tunnel.write(`<${chunk.toString()}>`));
  });
  client.write(`${upgrade}GET /early`);
  const head = (await client.readUntil('\r\n\r\n')).toString();
  expect(head).toBe(
    'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: WebSocket\r\nsec-websocket-accept: x\r\n\r\n',
  );
  expect((await client.readUntil('>')).toString()).toBe('<GET /early>');
  await client.readFor(200);
  client.write('later');
  expect((await client.readUntil('>')).toString()).toBe('<later>');
  expect(tunnels).toHaveLength(1);
  server.connections[0]!.destroy();
  await client.readToEnd();
  expect(server.closed).toBe(1);
});

test('a tunnel can be taken later, and read by a pipe', async () => {
  await serve((request) => {
    setTimeout(() => {
      const tunnel = request.switchProtocols([]);
      tunnel.pipe(tunnel);
    }, 50);
  });
  client.write(`${upgrade}ahead`);
  await client.readUntil('\r\n\r\n');
  expect((await client.readUntil('ahead')).toString()).toBe('ahead');
});

test('HT-01: what is pipelined behind a switch that is refused is not taken for a request', async () => {
  const seen: SeenRequest[] = [];
  await serve((request) => (request.head.upgrade ? answer(request, 'no', 403) : echo(seen)(request)));
  client.write(`${upgrade}GET /hidden HTTP/1.1\r\nHost: gw\r\n\r\n`);
  expect((await client.readToEnd()).toString()).toMatch(/^HTTP\/1\.1 403 .*connection: close\r\n\r\nno$/s);
  expect(seen).toEqual([]);
});

test('nothing is switched that was not asked for, nor with a head that splits', async () => {
  await serve((request) => {
    if (request.head.upgrade) {
      expect(() => request.switchProtocols([['x', 'a\r\nb: c']])).toThrow('cannot be passed on');
    } else {
      expect(() => request.switchProtocols([])).toThrow('asks for no switch');
    }
    answer(request, 'done');
  });
  client.write('GET / HTTP/1.1\r\nHost: gw\r\n\r\n');
  await client.readUntil('done');
  client.write(upgrade);
  await client.readUntil('done');
  expect(server.faults).toEqual([]);
});
