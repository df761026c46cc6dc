import { connect } from 'node:net';
import { RawSocket } from '@sallyport/testing';
import type { BodyWriter, ServerRequest } from '../message.js';
import { WireFault } from '../message.js';
import type { ServerLimits } from '../server/server-limits.js';
import { answer, WireServer } from '../testing/wire-server.js';

const get = 'GET / HTTP/1.1\r\nHost: gw\r\n\r\n';
const megabyte = Buffer.alloc(1024 * 1024, 0x61);

let server: WireServer;
let client: RawSocket;

afterEach(async () => {
  client.destroy();
  await server.stop();
});

async function serve(onRequest: (request: ServerRequest) => void, limits: Partial<ServerLimits> = {}): Promise<void> {
  server = await WireServer.start({ onRequest, limits });
  client = await RawSocket.connect(server.port);
}

const unknownLength = { status: 200, headers: [], bodyLength: undefined };

test('an answer of unknown length is chunked, and the connection goes on', async () => {
  await serve((request) => {
    const writer = request.stream(unknownLength);
    writer.write(Buffer.from('hello'));
    writer.write(Buffer.alloc(0));
    setImmediate(() => {
      writer.write(Buffer.from(' world'));
      writer.end();
    });
  });
  for (let at = 0; at < 2; at++) {
    client.write(get);
    const head = (await client.readUntil('\r\n\r\n')).toString();
    expect(head).toMatch(/transfer-encoding: chunked\r\n\r\n$/);
    expect((await client.readUntil('0\r\n\r\n')).toString()).toBe('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n');
  }
});

test('HT-12: the head of a stream does not wait for its first event', async () => {
  let writer: BodyWriter | undefined;
  await serve((request) => (writer = request.stream(unknownLength)));
  client.write(get);
  await client.readUntil('\r\n\r\n', 500);
  writer!.write(Buffer.from('data: 1\n\n'));
  expect((await client.readUntil('\n\n')).toString()).toBe('9\r\ndata: 1\n\n');
});

test('an answer of unknown length to HTTP/1.0 ends with the connection, and one that breaks off is reset', async () => {
  let breaks = false;
  await serve((request) => {
    const writer = request.stream(unknownLength);
    writer.write(Buffer.from('hello'));
    if (breaks) setTimeout(() => writer.abort(), 20);
    else writer.end();
  });
  client.write('GET / HTTP/1.0\r\nHost: gw\r\n\r\n');
  expect((await client.readToEnd()).toString()).toMatch(/connection: close\r\n\r\nhello$/);
  breaks = true;
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET / HTTP/1.0\r\nHost: gw\r\n\r\n');
  socket.resume();
  const error = await new Promise((resolve) => socket.once('error', resolve).once('end', () => resolve('whole')));
  expect(error).toMatchObject({ code: 'ECONNRESET' });
});

test.each([
  ['less', (writer: BodyWriter) => writer.end()],
  ['more', (writer: BodyWriter) => void writer.write(Buffer.alloc(10))],
])('%s than the announced length never looks like a whole answer', async (_, finish) => {
  await serve((request) => {
    const writer = request.stream({ status: 200, headers: [], bodyLength: 10 });
    writer.write(Buffer.from('hello'));
    setTimeout(() => finish(writer), 20);
  });
  client.write(get + get);
  expect((await client.readToEnd()).toString()).toMatch(/content-length: 10\r\n\r\nhello$/);
});

test.each([
  ['HEAD', 200, 'content-length: 5\r\n'],
  ['GET', 204, ''],
  ['GET', 304, ''],
])('%s %d has no body, however it is answered', async (method, status, framing) => {
  let streams = false;
  const head = { status, headers: [], bodyLength: 5 };
  await serve((request) => {
    if (!streams) return request.respond(head, Buffer.from('hello'));
    const writer = request.stream(head);
    writer.write(Buffer.from('hello'));
    writer.end();
  });
  for (streams of [false, true]) {
    client.write(`${method} / HTTP/1.1\r\nHost: gw\r\n\r\n`);
    const answered = (await client.readUntil('\r\n\r\n')).toString();
    expect(answered.replace(/^HTTP.*\r\n/, '').replace(/date: .*\r\n/, '')).toBe(`${framing}\r\n`);
    expect((await client.readFor(30)).toString()).toBe('');
  }
});

test.each([
  [[['x-a', 'a\r\nset-cookie: b']]],
  [[['x-a\r\nb', 'a']]],
  [[['x a', 'a']]],
  [[['X-A', 'a']]],
  [[['x-a', 'a\0']]],
  [[['x-a', 'Ā']]],
  [[['content-length', '5']]],
  [[['transfer-encoding', 'chunked']]],
  [[['connection', 'close']]],
  [[['upgrade', 'h2c']]],
] as [string, string][][][])('a head from an upstream cannot add to the answer: %j', async (headers) => {
  const codes: unknown[] = [];
  await serve((request) => {
    for (const attempt of [
      () => request.respond({ status: 200, headers, bodyLength: 0 }, Buffer.alloc(0)),
      () => request.stream({ status: 200, headers, bodyLength: 0 }),
    ]) {
      try {
        attempt();
      } catch (fault) {
        codes.push((fault as WireFault).code);
      }
    }
    answer(request, 'bad upstream', 502);
  });
  client.write(get);
  expect((await client.readUntil('bad upstream')).toString()).toMatch(/^HTTP\/1\.1 502 /);
  expect(codes).toEqual(['bad-response-head', 'bad-response-head']);
});

test('a status that is none, or that is interim, is not written', async () => {
  await serve((request) => {
    for (const status of [100, 101, 199, 600, 0, 200.5, Number.NaN]) {
      expect(() => request.respond({ status, headers: [], bodyLength: 0 }, Buffer.alloc(0))).toThrow(WireFault);
    }
    answer(request, 'done');
    expect(() => answer(request, 'twice')).toThrow('A request is answered once');
  });
  client.write(get);
  await client.readUntil('done');
  expect(server.faults).toEqual([]);
});

test('a client that reads nothing holds the writer up, and memory stays flat', async () => {
  let written = 0;
  await serve((request) => {
    const writer = request.stream(unknownLength);
    const more = (): void => {
      while (written < 200) {
        written++;
        if (!writer.write(megabyte.subarray(0, 64 * 1024))) return;
      }
      writer.end();
    };
    writer.onDrain(more);
    more();
  });
  client.pause();
  client.write(get);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(written).toBeLessThan(150);
  const before = written;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(written).toBe(before);
  client.resume();
  const answered = await client.readUntil('\r\n0\r\n\r\n', 25_000);
  expect(answered.length).toBeGreaterThan(200 * 64 * 1024);
});

test('HT-19: a client that stops reading is cut off, one that reads slowly is not', async () => {
  await serve(
    (request) => {
      const writer = request.stream(unknownLength);
      const more = (): void => {
        while (writer.write(megabyte));
      };
      writer.onDrain(more);
      more();
    },
    { writeStallMs: 2_000 },
  );
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined).on('data', () => undefined);
  socket.write(get);
  for (let at = 0; at < 15; at++) {
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 150));
    socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(server.closed).toBe(0);
  socket.pause();
  for (let waited = 0; server.closed === 0 && waited < 10_000; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(server.closed).toBe(1);
  socket.destroy();
}, 20_000);

test('a body that is held back when the answer is out has come to its end', async () => {
  const codes: string[] = [];
  await serve(
    (request) => {
      request.body!.start({
        data: () => {
          request.body!.pause();
          answer(request, 'early');
        },
        end: () => codes.push('whole'),
        error: (fault) => codes.push(fault.code),
      });
    },
    { lingerMs: 50 },
  );
  client.write('POST / HTTP/1.1\r\nHost: gw\r\nContent-Length: 9\r\n\r\nhalf');
  expect((await client.readToEnd()).toString()).toMatch(/early$/);
  expect(codes).toEqual(['answered']);
});

test('a body that is paused stops its sender, and comes whole', async () => {
  let received = 0;
  let request: ServerRequest | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    void serveBody(resolve, reject);
  });
  async function serveBody(end: () => void, error: (fault: WireFault) => void): Promise<void> {
    server = await WireServer.start({
      onRequest: (incoming) => {
        request = incoming;
        incoming.body!.start({
          data: (chunk) => {
            received += chunk.length;
            incoming.body!.pause();
          },
          end,
          error,
        });
      },
    });
    client = await RawSocket.connect(server.port);
    client.write(`POST / HTTP/1.1\r\nHost: gw\r\nContent-Length: ${16 * megabyte.length}\r\n\r\n`);
    for (let at = 0; at < 16; at++) client.write(megabyte);
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(received).toBeLessThan(200 * 1024);
  const pump = setInterval(() => {
    for (let at = 0; at < 50; at++) request!.body!.resume();
  }, 1);
  await ended;
  clearInterval(pump);
  expect(received).toBe(16 * megabyte.length);
});

test('what was said before an answer breaks off arrives, also in the same turn', async () => {
  await serve((request) => {
    const writer = request.stream(unknownLength);
    writer.write(Buffer.from('begun'));
    writer.abort();
  });
  client.write(get);
  expect((await client.readUntil('begun')).toString()).toContain('200 OK');
});
