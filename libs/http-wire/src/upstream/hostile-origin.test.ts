import { RawOrigin } from '../testing/raw-origin.js';
import { ask, poolTo, type Outcome } from '../testing/upstream-client.js';

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

async function answeredWith(bytes: string, close = false): Promise<Outcome> {
  const origin = await RawOrigin.answering(bytes, close);
  const pool = poolTo(origin.port, { limits: { headMs: 2000, bodyIdleMs: 2000 } });
  try {
    return await ask(pool).outcome;
  } finally {
    pool.close();
    await origin.stop();
  }
}

test.each([
  ['garbage', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
  ['HTTP/0.9', '<html></html>\r\n\r\n'],
  ['an unasked switch', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
  ['an unasked switch to nothing', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['lines that end in LF', 'HTTP/1.1 200 OK\nContent-Length: 1\n\nX\r\n\r\n'],
  ['a bare CR', 'HTTP/1.1 200 OK\r\nA: b\r\rContent-Length: 1\r\n\r\nX'],
  ['an empty line first', `\r\n${ok}Content-Length: 1\r\n\r\nX`],
  ['a fold', `${ok}A: b\r\n c\r\nContent-Length: 1\r\n\r\nX`],
  ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\nX`],
  ['a length beside chunks', `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['another coding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['too many interim responses', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(33)],
  ['too many fields', `${ok}${'A: b\r\n'.repeat(201)}\r\n`],
  ['too long a head', `${ok}A: ${'b'.repeat(70_000)}\r\n\r\n`],
  ['no end of the head', `${ok}A: ${'b'.repeat(70_000)}`],
])('%s: no response, and the request counts as sent', async (_, bytes) => {
  const outcome = await answeredWith(bytes);
  expect(outcome.kind).toBe('failed');
  if (outcome.kind === 'failed') expect([outcome.fault.status, outcome.sent]).toEqual([502, true]);
});

test.each([
  ['before the head', ''],
  ['within the head', `${ok}A: b\r\n`],
  ['behind an interim response', 'HTTP/1.1 100 Continue\r\n\r\n'],
])('a connection that ends %s: no response', async (_, bytes) => {
  const outcome = await answeredWith(bytes, true);
  expect(outcome.kind === 'failed' ? [outcome.fault.code, outcome.sent] : outcome.kind).toEqual([
    'upstream-closed',
    true,
  ]);
});

test.each([
  ['a size with 0x', `${chunked}0x1\r\nX\r\n0\r\n\r\n`],
  ['an extension', `${chunked}1;a=b\r\nX\r\n0\r\n\r\n`],
  ['a blank behind the size', `${chunked}1 \r\nX\r\n0\r\n\r\n`],
  ['a negative size', `${chunked}-1\r\nX\r\n0\r\n\r\n`],
  ['no size', `${chunked}\r\nX\r\n0\r\n\r\n`],
  ['too large a size', `${chunked}100000000\r\nX\r\n0\r\n\r\n`],
  ['a size that ends in LF', `${chunked}1\nX\r\n0\r\n\r\n`],
  ['data without its CRLF', `${chunked}1\r\nXY\r\n0\r\n\r\n`],
  ['data that end in LF', `${chunked}1\r\nX\n0\r\n\r\n`],
  ['a malformed trailer', `${chunked}1\r\nX\r\n0\r\nA b\r\n\r\n`],
])('chunks with %s: the body breaks off', async (_, bytes) => {
  const outcome = await answeredWith(bytes);
  expect(outcome.kind === 'response' ? outcome.broken?.status : outcome).toBe(502);
});

test.each([
  ['a length', `${ok}Content-Length: 10\r\n\r\nhello`],
  ['chunks, within one', `${chunked}a\r\nhello`],
  ['chunks, behind one', `${chunked}5\r\nhello\r\n`],
  ['chunks, before the last line', `${chunked}5\r\nhello\r\n0\r\n`],
])('a connection that ends too early, with %s: the body breaks off', async (_, bytes) => {
  const outcome = await answeredWith(bytes, true);
  expect(outcome).toMatchObject({ kind: 'response', broken: { code: 'body-truncated', status: 502 } });
});

test('trailers are dropped, interim responses skipped', async () => {
  const outcome = await answeredWith(
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${chunked}5\r\nhello\r\n0\r\nX-Late: 1\r\n\r\n`,
  );
  expect(outcome).toMatchObject({ kind: 'response', head: { status: 200, headers: [] }, body: Buffer.from('hello') });
});

test('a body without a length ends with the connection, and says so', async () => {
  const outcome = await answeredWith(`${ok}\r\nhello`, true);
  expect(outcome).toMatchObject({ kind: 'response', head: { untilClose: true }, body: Buffer.from('hello') });
});

test.each([
  ['behind a length', `${ok}Content-Length: 1\r\n\r\nX`],
  ['behind chunks', `${chunked}1\r\nX\r\n0\r\n\r\n`],
  ['behind nothing', 'HTTP/1.1 204 No Content\r\n\r\n'],
])('a second response that nobody asked for, %s, is answered to nobody', async (_, response) => {
  const poison = `${ok}Content-Length: 6\r\n\r\npoison`;
  const origin = await RawOrigin.answering(`${response}${poison}`);
  const pool = poolTo(origin.port);
  const first = await ask(pool).outcome;
  const second = await ask(pool).outcome;
  for (const outcome of [first, second]) {
    expect(outcome.kind).toBe('response');
    if (outcome.kind === 'response') expect(outcome.body.toString()).not.toContain('poison');
  }
  expect(origin.sockets).toHaveLength(2);
  pool.close();
  await origin.stop();
});

test('bytes on a connection at rest end it', async () => {
  const origin = await RawOrigin.answering(`${ok}Content-Length: 1\r\n\r\nX`);
  const pool = poolTo(origin.port, { limits: { keepAliveMs: 60_000 } });
  await ask(pool).outcome;
  const closed = new Promise((resolve) => origin.sockets[0]!.once('close', resolve));
  origin.sockets[0]!.write(`${ok}Content-Length: 6\r\n\r\npoison`);
  await closed;
  expect(await ask(pool).outcome).toMatchObject({ kind: 'response', body: Buffer.from('X') });
  expect(origin.sockets).toHaveLength(2);
  pool.close();
  await origin.stop();
});
