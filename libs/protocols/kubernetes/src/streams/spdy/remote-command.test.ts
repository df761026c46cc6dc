import type { StreamMask } from '@sallyport/masking';
import { SpdyEnd } from '../../testing/spdy-end.js';
import { relayed, settled, streamRequest, type Relayed } from '../../testing/stream-sides.js';
import { streamTunnel } from '../stream-tunnel.js';
import type { RemoteCommandUse } from '../stream-use.js';

const plainUse: RemoteCommandUse = { kind: 'remoteCommand', stdin: true, stdout: true, stderr: true, tty: true };
const success = '{"metadata":{},"status":"Success"}';

interface Running extends Omit<Relayed, 'client' | 'upstream'> {
  readonly client: SpdyEnd;
  readonly upstream: SpdyEnd;
}

function run(use: Partial<RemoteCommandUse> = {}, protocol = 'v4.channel.k8s.io'): Running {
  const request = streamRequest('spdy/3.1', [['x-stream-protocol-version', protocol]]);
  const { client, upstream, ...rest } = relayed(streamTunnel(request, { ...plainUse, ...use }), protocol);
  return { ...rest, client: new SpdyEnd(client), upstream: new SpdyEnd(upstream) };
}

/** The streams that kubectl opens: 1 error, 3 stdin, 5 stdout, 7 resize. */
async function opened(ends: Running): Promise<void> {
  ['error', 'stdin', 'stdout', 'resize'].forEach((type, index) => {
    ends.client.open(1 + index * 2, { streamtype: type, 'x-foreign': 'not for the target' });
  });
  await settled();
  ends.upstream.reply(1, 3, 5, 7);
  await settled();
}

test('K8-03 relays and records a command over SPDY', async () => {
  const ends = run();
  const { client, upstream, tape, ended } = ends;
  await opened(ends);
  client.data(7, '{"Width":80,"Height":24}\n{"Width":100,');
  client.data(3, 'echo hi\n');
  client.data(7, '"Height":30}\n');
  client.data(3, '', true);
  await settled();
  upstream.data(5, 'hi\n');
  upstream.data(5, '', true);
  upstream.data(1, success.slice(0, 10));
  upstream.data(1, success.slice(10), true);
  upstream.tunnel.write(upstream.frames.rstStream(7, 5));
  upstream.tunnel.write(upstream.frames.goAway(7, 0));
  upstream.tunnel.end();
  expect(await ended).toEqual(['exit 0', 'completed']);
  expect(upstream.heard).toEqual([
    '1 open {"streamtype":"error"}',
    '3 open {"streamtype":"stdin"}',
    '5 open {"streamtype":"stdout"}',
    '7 open {"streamtype":"resize"}',
    '7 data {"Width":80,"Height":24}\n',
    '3 data echo hi\n',
    '7 data {"Width":100,"Height":30}\n',
    '3 data ',
    '3 fin',
  ]);
  expect(client.heard).toEqual([
    ...['1 reply', '3 reply', '5 reply', '7 reply'],
    ...['5 data hi\n', '5 fin', `1 data ${success}`, '1 fin', '7 reset 5', 'goaway 7 0'],
  ]);
  expect(tape.lines).toEqual([
    '# streams {"transport":"spdy/3.1","protocol":"v4.channel.k8s.io"}',
    '# resize {"width":80,"height":24}',
    '> echo hi\n',
    '# resize {"width":100,"height":30}',
    '< hi\n',
    '# stream {"direction":"response","name":"error"}',
    `< ${success}`,
  ]);
});

test.each<[string, Partial<RemoteCommandUse>, Record<string, string>]>([
  ['stdin that was not judged', { stdin: false }, { streamtype: 'stdin' }],
  ['stderr that was not judged', { stderr: false }, { streamtype: 'stderr' }],
  ['sizes without a terminal', { tty: false }, { streamtype: 'resize' }],
  ['an unknown type', {}, { streamtype: 'data', port: '80' }],
  ['no type', {}, {}],
])('K8-03 a stream of %s is reset and never opened', async (_, use, headers) => {
  const { client, upstream } = run(use);
  client.open(1, headers);
  client.data(1, 'ignored');
  client.open(3, { streamtype: 'error' });
  await settled();
  expect(client.heard).toEqual(['1 reset 3']);
  expect(upstream.heard).toEqual(['3 open {"streamtype":"error"}']);
});

test('a second stream of the same type is reset', async () => {
  const { client, upstream } = run();
  client.open(1, { streamtype: 'stdin' });
  client.open(3, { streamtype: 'stdin' });
  await settled();
  expect(client.heard).toEqual(['3 reset 3']);
  expect(upstream.heard).toHaveLength(1);
});

test.each<[string, (end: SpdyEnd) => void]>([
  ['writes to a stream that only the target writes to', (client) => client.data(5, 'x')],
  ['uses an even id', (client) => client.open(10, { streamtype: 'stderr' })],
  ['goes back with its ids', (client) => client.open(5, { streamtype: 'stderr' })],
  ['writes to a stream that nobody opened', (client) => client.data(99, 'x')],
  ['answers streams', (client) => client.reply(1)],
  ['sends a size that is none', (client) => client.data(7, '{"Width":"80"}')],
  ['sends sizes without end', (client) => client.data(7, 'x'.repeat(300))],
  ['does not speak SPDY', (client) => client.tunnel.write('GET / HTTP/1.1\r\n\r\n')],
])('K8-03 a client that %s is told and cut off, and nothing of it arrives', async (_, misbehave) => {
  const ends = run();
  await opened(ends);
  const before = ends.upstream.heard.length;
  misbehave(ends.client);
  expect(await ends.ended).toEqual(['lost', 'unknown']);
  expect(ends.upstream.heard).toHaveLength(before);
  expect(ends.client.heard.slice(4)).toEqual([
    expect.stringMatching(/^1 data .*"reason":"Forbidden"/),
    ...['1 fin', '3 reset 5', '5 reset 5', '7 reset 5'],
    expect.stringMatching(/^goaway/),
  ]);
  expect(ends.tape.lines.filter((line) => line.startsWith('# ended'))).toHaveLength(1);
});

test.each<[string, (end: SpdyEnd) => void]>([
  ['opens streams', (upstream) => upstream.open(2, { streamtype: 'stdout' })],
  ['answers twice', (upstream) => upstream.reply(5)],
  ['writes to stdin', (upstream) => upstream.data(3, 'x')],
  ['writes to a stream that nobody opened', (upstream) => upstream.data(99, 'x')],
  ['ends with something else than a Status', (upstream) => upstream.data(1, 'gibberish', true)],
  ['says too much about how it ended', (upstream) => upstream.data(1, 'x'.repeat(70_000))],
])('a target that %s is cut off, and the client told', async (_, misbehave) => {
  const ends = run();
  await opened(ends);
  misbehave(ends.upstream);
  expect(await ends.ended).toEqual(['lost', 'unknown']);
  expect(ends.client.heard[4]).toMatch(/^1 data .*"reason":"Forbidden"/);
  expect(ends.client.heard.join()).not.toContain('gibberish');
});

test('data before its stream is answered is a breach of the target', async () => {
  const { client, upstream, ended } = run();
  client.open(1, { streamtype: 'stdout' });
  await settled();
  upstream.data(1, 'early');
  await ended;
  expect(client.heard.join()).not.toContain('early');
});

test('ended from outside, the client reads why and the target gets nothing more', async () => {
  const ends = run();
  await opened(ends);
  ends.tunnel.terminate('access was revoked');
  ends.client.data(3, 'late');
  expect(await ends.ended).toEqual(['lost', 'unknown']);
  expect(ends.upstream.heard.join()).not.toContain('late');
  expect(ends.client.heard[4]).toContain('access was revoked');
  await ends.client.closed;
});

test('what cannot be recorded is not forwarded, either way', async () => {
  for (const way of ['client', 'upstream'] as const) {
    const ends = run();
    await opened(ends);
    const before = [ends.client.heard.length, ends.upstream.heard.length];
    ends.tape.broken = true;
    ends[way].data(way === 'client' ? 3 : 5, 'secret');
    await ends.ended;
    expect([ends.client.heard.length, ends.upstream.heard.length]).toEqual(before);
  }
});

test('pings are answered here, windows and limits of streams are passed on, other settings are not', async () => {
  const ends = run();
  await opened(ends);
  const { client, upstream } = ends;
  client.tunnel.write(client.frames.ping(1));
  upstream.tunnel.write(upstream.frames.ping(2));
  upstream.tunnel.write(upstream.frames.ping(3));
  client.tunnel.write(client.frames.windowUpdate(5, 4096));
  client.tunnel.write(client.frames.settings([1, 4, 7].map((id) => ({ id, value: 9 }))));
  await settled();
  expect(client.heard.slice(4)).toEqual(['ping 1']);
  expect(upstream.heard.slice(4)).toEqual([
    'ping 2',
    '5 window 4096',
    'settings [{"id":4,"value":9},{"id":7,"value":9}]',
  ]);
});

test('after a farewell no stream is opened any more', async () => {
  const ends = run();
  ends.client.open(1, { streamtype: 'error' });
  await settled();
  ends.upstream.tunnel.write(ends.upstream.frames.goAway(1, 0));
  await settled();
  ends.client.open(3, { streamtype: 'stdin' });
  await settled();
  expect(ends.client.heard).toEqual(['goaway 1 0', '3 reset 3']);
  expect(ends.upstream.heard).toHaveLength(1);
});

const capitals = (): StreamMask => {
  let held = '';
  return {
    push: (chunk) => {
      held += chunk.toString('latin1');
      return Buffer.alloc(0);
    },
    end: () => Buffer.from(held.toUpperCase(), 'latin1'),
  };
};

test.each<[string, (end: SpdyEnd) => void]>([
  ['its stream ends', (upstream) => upstream.data(5, '', true)],
  ['its stream is reset', (upstream) => upstream.tunnel.write(upstream.frames.rstStream(5, 5))],
  ['the connection ends', (upstream) => upstream.tunnel.end()],
])('what a mask held back comes when %s', async (_, finish) => {
  const ends = run({ mask: () => capitals });
  await opened(ends);
  ends.upstream.data(5, 'out');
  ends.upstream.data(5, 'put');
  await settled();
  expect(ends.client.heard).toHaveLength(4);
  finish(ends.upstream);
  await settled();
  expect(ends.client.heard[4]).toBe('5 data OUTPUT');
  expect(ends.tape.lines.join()).not.toMatch(/< out|< put/);
});

test('before version 4 silence on the error stream is success, and a message is none', async () => {
  for (const [said, expected] of [
    ['', ['exit 0', 'completed']],
    ['it failed', ['Failure', 'failed']],
  ] as const) {
    const ends = run({}, 'v2.channel.k8s.io');
    ends.client.open(1, { streamtype: 'error' });
    await settled();
    ends.upstream.reply(1);
    ends.upstream.data(1, said, true);
    ends.upstream.tunnel.end();
    expect(await ends.ended).toEqual(expected);
  }
});
