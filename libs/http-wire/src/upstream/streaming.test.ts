import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { WireFault, type BodyReader } from '../message.js';
import { BodySource } from '../testing/body-source.js';
import { startNodeOrigin } from '../testing/node-origin.js';
import { RawOrigin } from '../testing/raw-origin.js';
import { ask, asked, poolTo } from '../testing/upstream-client.js';
import type { UpstreamPool } from './upstream-pool.js';

const megabyte = Buffer.alloc(1024 * 1024, 'abcdefghijklmnop');

function* megabytes(count: number): Iterable<Buffer> {
  for (let index = 0; index < count; index += 1) yield Buffer.from(megabyte);
}

/** The body of GET /, once its head is here. */
function bodyFrom(pool: UpstreamPool): Promise<BodyReader> {
  return new Promise((resolve, reject) => {
    pool.send(asked({}), {
      response: (_head, body) => (body === undefined ? reject(new Error('no body')) : resolve(body)),
      switched: () => reject(new Error('switched')),
      failed: reject,
    });
  });
}

test.each([
  ['known', 64 * megabyte.length],
  ['unknown', undefined],
])('a long request body of %s length arrives whole', async (_, length) => {
  const origin = await startNodeOrigin((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (chunk: Buffer) => hash.update(chunk));
    request.on('end', () => response.end(`${request.headers['transfer-encoding']} ${hash.digest('hex')}`));
  });
  const pool = poolTo(origin.port);
  const outcome = await ask(pool, { method: 'PUT', body: { reader: BodySource.of(megabytes(64)), length } }).outcome;
  const hash = createHash('sha256');
  for (const chunk of megabytes(64)) hash.update(chunk);
  const coding = length === undefined ? 'chunked' : 'undefined';
  expect(outcome).toMatchObject({ kind: 'response', body: Buffer.from(`${coding} ${hash.digest('hex')}`) });
  pool.close();
  await origin.stop();
});

test('an upstream that does not read holds the sender of the body back', async () => {
  const origin = await RawOrigin.start((socket) => socket.pause());
  const pool = poolTo(origin.port);
  let given = 0;
  const counted = (function* () {
    for (const chunk of megabytes(200)) {
      given += 1;
      yield chunk;
    }
  })();
  const { exchange } = ask(pool, { method: 'PUT', body: { reader: BodySource.of(counted), length: undefined } });
  while (given === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(given).toBeGreaterThan(0);
  expect(given).toBeLessThan(40);
  exchange.cancel();
  pool.close();
  await origin.stop();
});

test.each<[string, Buffer[], number | undefined, WireFault | undefined, string]>([
  ['shorter than announced', [Buffer.from('abc')], 5, undefined, 'request-length'],
  ['longer than announced', [Buffer.from('abc'), Buffer.from('def')], 5, undefined, 'request-length'],
  ['broken off', [Buffer.from('abc')], undefined, new WireFault('body-timeout', 'Too slow', 408), 'body-timeout'],
])('a request body that is %s never looks whole to the origin', async (_, chunks, length, fault, code) => {
  let whole = false;
  const origin = await startNodeOrigin((request, response) => {
    request.on('error', () => undefined).on('data', () => undefined);
    request.on('end', () => {
      whole = true;
      response.end();
    });
  });
  const pool = poolTo(origin.port);
  const reader = BodySource.of(chunks, fault);
  const outcome = await ask(pool, { method: 'PUT', body: { reader, length } }).outcome;
  expect(outcome).toMatchObject({ kind: 'failed', fault: { code }, sent: true });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(whole).toBe(false);
  pool.close();
  await origin.stop();
});

test('an answer before the request is through ends the upload, and the connection with it', async () => {
  const origin = await RawOrigin.start((socket, received) => {
    if (received.endsWith('first')) socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
  });
  const pool = poolTo(origin.port);
  const reader = new BodySource();
  const { outcome } = ask(pool, { method: 'PUT', body: { reader, length: 100 } });
  while (reader.sink === undefined) await new Promise(setImmediate);
  reader.sink.data(Buffer.from('first'));
  expect(await outcome).toMatchObject({ kind: 'response', head: { status: 413 }, body: Buffer.from('no') });
  expect(reader.cancelled).toBe(1);
  if (!origin.sockets[0]!.destroyed) await new Promise((resolve) => origin.sockets[0]!.once('close', resolve));
  pool.close();
  await origin.stop();
});

test('a long response arrives whole; a receiver that is late or pauses holds the origin back', async () => {
  let written = 0;
  const total = 96;
  const origin = await startNodeOrigin((_request, response) => {
    const more = (): void => {
      while (written < total) {
        written += 1;
        if (!response.write(megabyte)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const pool = poolTo(origin.port, { limits: { bodyIdleMs: 100 } });
  const body = await bodyFrom(pool);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(written).toBeLessThan(40);
  const hash = createHash('sha256');
  let received = 0;
  const ended = new Promise<void>((resolve, reject) => {
    body.start({
      data: (chunk) => {
        received += chunk.length;
        hash.update(chunk);
      },
      end: resolve,
      error: reject,
    });
  });
  body.pause();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const whilePaused = { received, written };
  expect(whilePaused.received).toBeLessThan(megabyte.length);
  expect(whilePaused.written).toBeLessThan(40);
  body.resume();
  await ended;
  const expected = createHash('sha256');
  for (const chunk of megabytes(total)) expected.update(chunk);
  expect([received, hash.digest('hex')]).toEqual([total * megabyte.length, expected.digest('hex')]);
  pool.close();
  await origin.stop();
});

test('a receiver that pauses at every chunk and starts late gets the same', async () => {
  const origin = await startNodeOrigin((_request, response) => {
    for (let index = 0; index < 500; index += 1) response.write(`${index};`);
    response.end();
  });
  const pool = poolTo(origin.port);
  for (let round = 0; round < 3; round += 1) {
    const body = await bodyFrom(pool);
    await new Promise((resolve) => setTimeout(resolve, 10));
    let text = '';
    await new Promise<void>((resolve, reject) => {
      body.start({
        data: (chunk) => {
          text += chunk.toString();
          body.pause();
          setImmediate(() => body.resume());
        },
        end: resolve,
        error: reject,
      });
      expect(text).toBe('');
    });
    expect(text).toBe(Array.from({ length: 500 }, (_, index) => `${index};`).join(''));
  }
  expect(origin.connections()).toBe(1);
  pool.close();
  await origin.stop();
});

test('a body that ends with its connection waits for a slow receiver', async () => {
  const origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\n\r\nhello', true);
  const pool = poolTo(origin.port);
  const body = await bodyFrom(pool);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const text = await new Promise<string>((resolve, reject) => {
    let all = '';
    body.start({ data: (chunk) => (all += chunk.toString()), end: () => resolve(all), error: reject });
  });
  expect(text).toBe('hello');
  pool.close();
  await origin.stop();
});

test('after cancelling, a receiver hears nothing of what was held back for it', async () => {
  const origin = await startNodeOrigin((_request, response) => response.end('hello'));
  const pool = poolTo(origin.port);
  const calls: string[] = [];
  const cancelled = Promise.withResolvers<void>();
  const exchange = pool.send(asked({}), {
    response: (_head, body) => {
      body?.start({
        data: () => {
          calls.push('data');
          body.pause();
          setTimeout(() => {
            exchange.cancel();
            body.resume();
            cancelled.resolve();
          }, 10);
        },
        end: () => calls.push('end'),
        error: () => calls.push('error'),
      });
    },
    switched: () => calls.push('switched'),
    failed: () => calls.push('failed'),
  });
  await cancelled.promise;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(calls).toEqual(['data']);
  pool.close();
  await origin.stop();
});

test('a receiver that throws hears of it as a fault, and the pool goes on', async () => {
  const origin = await startNodeOrigin((_request, response) => response.end('hello'));
  const pool = poolTo(origin.port);
  const body = await bodyFrom(pool);
  const fault = await new Promise<WireFault>((resolve, reject) => {
    body.start({
      data: () => {
        throw new Error('cannot be masked');
      },
      end: reject,
      error: resolve,
    });
  });
  expect(fault).toMatchObject({ code: 'upstream-broken', status: 502 });
  expect(await ask(pool).outcome).toMatchObject({ kind: 'response', body: Buffer.from('hello') });
  pool.close();
  await origin.stop();
});

test('a response means the same however its bytes are split', async () => {
  const response = Buffer.from(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n' +
      '5\r\nhello\r\nb\r\n, big world\r\n0\r\nX-Late: 1\r\n\r\n',
  );
  let cuts: number[] = [];
  const origin = await RawOrigin.start((socket) => {
    const edges = [0, ...cuts, response.length];
    const write = (index: number): void => {
      if (index >= edges.length) return;
      socket.write(response.subarray(edges[index - 1], edges[index]));
      setImmediate(write, index + 1);
    };
    write(1);
  });
  const pool = poolTo(origin.port);
  const split = fc.uniqueArray(fc.integer({ min: 1, max: response.length - 1 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(split, async (places) => {
      cuts = places.toSorted((a, b) => a - b);
      const outcome = await ask(pool).outcome;
      expect(outcome).toMatchObject({ head: { status: 200, headers: [['x-a', 'b']] } });
      expect(outcome.kind === 'response' && outcome.body.toString()).toBe('hello, big world');
    }),
    { numRuns: 150 },
  );
  expect(origin.sockets).toHaveLength(1);
  pool.close();
  await origin.stop();
});
