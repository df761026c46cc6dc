import type { StreamMask } from '@sallyport/masking';
import {
  relayed,
  settled,
  streamRequest,
  webSocketEnd,
  type FarEnd,
  type Relayed,
} from '../../testing/stream-sides.js';
import { streamTunnel } from '../stream-tunnel.js';
import type { RemoteCommandUse } from '../stream-use.js';

const plainUse: RemoteCommandUse = { kind: 'remoteCommand', stdin: true, stdout: true, stderr: true, tty: true };
const success = '\x03{"metadata":{},"status":"Success"}';
const exit3 =
  '\x03{"metadata":{},"status":"Failure","message":"exit 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}';

interface Running extends Omit<Relayed, 'client' | 'upstream'> {
  readonly client: FarEnd;
  readonly upstream: FarEnd;
}

function run(use: Partial<RemoteCommandUse> = {}, protocol = 'v5.channel.k8s.io'): Running {
  const request = streamRequest('websocket', [['sec-websocket-protocol', protocol]]);
  const { client, upstream, ...rest } = relayed(streamTunnel(request, { ...plainUse, ...use }), protocol);
  return { ...rest, client: webSocketEnd(client, 'client'), upstream: webSocketEnd(upstream, 'server') };
}
const say = (end: FarEnd, text: string, asText = false): boolean => end.peer.send(Buffer.from(text, 'latin1'), asText);

test('K8-03 relays and records a command from its first byte to its exit', async () => {
  const { client, upstream, tape, ended } = run();
  say(upstream, '\x01');
  say(client, '\x00ls\n');
  say(client, '\x04{"Width":80,"Height":24}');
  await settled();
  say(upstream, '\x01file\n');
  say(upstream, '\x02warning\n');
  say(upstream, '\x01more\n');
  await settled();
  say(client, '\xff\x00');
  await settled();
  say(upstream, exit3);
  upstream.peer.close(1000);
  expect(await ended).toEqual(['exit 3', 'failed']);
  expect(upstream.heard).toEqual(['\x00ls\n', '\x04{"Width":80,"Height":24}\n', '\xff\x00']);
  expect(client.heard).toEqual(['\x01', '\x01file\n', '\x02warning\n', '\x01more\n', exit3]);
  expect(await client.closed).toMatchObject({ code: 1000 });
  expect(tape.lines).toEqual([
    '# streams {"transport":"websocket","protocol":"v5.channel.k8s.io"}',
    '> ls\n',
    '# resize {"width":80,"height":24}',
    '< file\n',
    '# stream {"direction":"response","name":"stderr"}',
    '< warning\n',
    '# stream {"direction":"response","name":"stdout"}',
    '< more\n',
    '# stdinClosed {}',
    '# stream {"direction":"response","name":"error"}',
    `< ${exit3.slice(1)}`,
  ]);
});

test('a command that succeeds says so, in base64 too', async () => {
  const encoded = (text: string): string =>
    `${text.charCodeAt(0)}${Buffer.from(text.slice(1), 'latin1').toString('base64')}`;
  const { client, upstream, ended } = run({}, 'v4.base64.channel.k8s.io');
  say(client, encoded('\x00in'), true);
  say(upstream, encoded('\x01out\xff'), true);
  say(upstream, encoded(success), true);
  await settled();
  upstream.peer.close(1000);
  expect(await ended).toEqual(['exit 0', 'completed']);
  expect(upstream.heard).toEqual([encoded('\x00in')]);
  expect(client.heard).toEqual([encoded('\x01out\xff'), encoded(success)]);
});

test.each<[string, string, boolean, Partial<RemoteCommandUse>, string, number]>([
  ['a channel that there is not', '\x05x', false, {}, 'v5.channel.k8s.io', 1002],
  ['a channel of the target', '\x01x', false, {}, 'v5.channel.k8s.io', 1002],
  ['the error channel', '\x03x', false, {}, 'v5.channel.k8s.io', 1002],
  ['stdin that was not judged', '\x00x', false, { stdin: false }, 'v5.channel.k8s.io', 1008],
  ['a size that is none', '\x04{"Width":-1,"Height":2}', false, {}, 'v5.channel.k8s.io', 1008],
  ['a close before version 5', '\xff\x00', false, {}, 'v4.channel.k8s.io', 1002],
  ['a close of a channel that there is not', '\xff\x05', false, {}, 'v5.channel.k8s.io', 1002],
  ['text where bytes were agreed on', '\x00x', true, {}, 'v5.channel.k8s.io', 1003],
  ['bytes where text was agreed on', '0eA==', false, {}, 'v4.base64.channel.k8s.io', 1003],
  ['stray bits in base64', '0eB==', true, {}, 'v4.base64.channel.k8s.io', 1003],
])('K8-03 cuts off a client that sends %s, and nothing of it arrives', async (_, text, asText, use, protocol, code) => {
  const { client, upstream, tape, ended } = run(use, protocol);
  say(client, text, asText);
  expect(await client.closed).toMatchObject({ code, by: 'peer' });
  expect(await upstream.closed).toMatchObject({ by: 'connection' });
  expect(upstream.heard).toEqual([]);
  expect(tape.lines.at(-1)).toMatch(/^# ended/);
  expect(await ended).toEqual(['lost', 'unknown']);
});

test('sizes of a terminal that there is not, and closes of output, go no further', async () => {
  const { client, upstream } = run({ tty: false });
  say(client, '\x04{"Width":80,"Height":24}');
  say(client, '\xff\x01');
  say(client, '\x00after');
  await settled();
  expect(upstream.heard).toEqual(['\x00after']);
});

test('nothing follows a closed stdin', async () => {
  const { client, upstream } = run();
  say(client, '\xff\x00');
  say(client, '\x00late');
  say(client, '\xff\x00');
  await settled();
  expect(upstream.heard).toEqual(['\xff\x00']);
});

test.each<[string, string, Partial<RemoteCommandUse>]>([
  ['writes to stdin', '\x00x', {}],
  ['closes channels', '\xff\x01', {}],
  ['writes to what was not asked for', '\x02x', { stderr: false }],
  ['ends with something else than a Status', '\x03gibberish', {}],
  ['sends what is no message', '', {}],
])('a target that %s is cut off, and the client told', async (_, text, use) => {
  const { client, upstream, ended } = run(use);
  say(upstream, text === '' ? 'x' : text, text === '');
  expect(await upstream.closed).toMatchObject({ by: 'connection' });
  expect(await client.closed).toMatchObject({ code: 1000 });
  expect(client.heard).toHaveLength(1);
  expect(client.heard[0]).toMatch(/^\x03.*"status":"Failure".*"reason":"Forbidden"/);
  expect(await ended).toEqual(['lost', 'unknown']);
});

test('a target that ends without a word is told as such', async () => {
  const { client, upstream, ended } = run();
  say(upstream, '\x01half');
  await settled();
  upstream.peer.destroy();
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(client.heard).toEqual(['\x01half']);
  expect(await ended).toEqual(['lost', 'unknown']);
});

test('a client that goes away takes its command with it', async () => {
  const { client, upstream, ended } = run();
  say(client, '\x00x');
  client.peer.close(1000);
  expect(await upstream.closed).toMatchObject({ code: 1000 });
  expect(await ended).toEqual(['lost', 'unknown']);
});

test('ended from outside, the client reads why and the target gets nothing more', async () => {
  const { client, upstream, tunnel, tape, ended } = run();
  tunnel.terminate('access was revoked');
  tunnel.terminate('again');
  say(client, '\x00late');
  expect(await client.closed).toMatchObject({ code: 1000 });
  expect(JSON.parse(client.heard[0]!.slice(1))).toEqual({
    metadata: {},
    status: 'Failure',
    message: 'access was revoked',
    reason: 'Forbidden',
    code: 403,
  });
  expect(client.heard).toHaveLength(1);
  expect(upstream.heard).toEqual([]);
  expect(tape.lines.filter((line) => line.startsWith('# ended'))).toEqual(['# ended {"reason":"access was revoked"}']);
  expect(await ended).toEqual(['lost', 'unknown']);
});

test('what cannot be recorded is not forwarded, either way', async () => {
  for (const way of ['client', 'upstream'] as const) {
    const ends = run();
    ends.tape.broken = true;
    say(ends[way], way === 'client' ? '\x00secret' : '\x01secret');
    expect(await ends.client.closed).toMatchObject({ by: 'connection' });
    await ends.upstream.closed;
    expect([...ends.client.heard, ...ends.upstream.heard]).toEqual([]);
    expect(await ends.ended).toEqual(['lost', 'unknown']);
  }
});

test('nothing flows while the recording is congested', async () => {
  const { client, upstream, tape } = run();
  tape.congested = true;
  say(client, '\x00one');
  await settled();
  say(client, '\x00two');
  await settled();
  expect(upstream.heard).toEqual(['\x00one']);
  tape.congested = false;
  tape.resume();
  await settled();
  expect(upstream.heard).toEqual(['\x00one', '\x00two']);
});

/** Holds everything back until the end, then tells all of it in capitals. */
const capitals = (): StreamMask => {
  let held = '';
  return {
    push: (chunk) => {
      if (chunk.includes('BREAK')) throw new Error('cannot be masked');
      held += chunk.toString('latin1');
      return Buffer.alloc(0);
    },
    end: () => Buffer.from(held.toUpperCase(), 'latin1'),
  };
};

test('output passes through its mask, and what that held back comes before the exit', async () => {
  const { client, upstream, tape, ended } = run({ mask: () => capitals });
  say(upstream, '\x01out');
  say(upstream, '\x02err');
  say(upstream, '\x01put');
  await settled();
  expect(client.heard).toEqual([]);
  say(upstream, exit3);
  upstream.peer.close(1000);
  await ended;
  expect(client.heard).toEqual(['\x01OUTPUT', '\x02ERR', exit3.replace('"message":"exit 3"', '"message":"EXIT 3"')]);
  expect(tape.lines.join('\n')).not.toMatch(/< (out|err|put)/);
});

test('what a mask held back comes even if the target just ends', async () => {
  const { client, upstream } = run({ mask: () => capitals });
  say(upstream, '\x01out');
  await settled();
  upstream.peer.close(1000);
  expect(await client.closed).toMatchObject({ code: 1000 });
  expect(client.heard).toEqual(['\x01OUT']);
});

test('what cannot be masked is not shown', async () => {
  const { client, upstream, ended } = run({ mask: () => capitals });
  say(upstream, '\x01BREAK');
  await ended;
  expect(client.heard.join('')).not.toContain('BREAK');
  expect(client.heard.at(-1)).toContain('could not be recorded or masked');
});

test('a client that does not read stops the target, and memory stays flat', async () => {
  const request = streamRequest('websocket', [['sec-websocket-protocol', 'v5.channel.k8s.io']]);
  const { client, upstream } = relayed(streamTunnel(request, plainUse), 'v5.channel.k8s.io');
  const target = webSocketEnd(upstream, 'server');
  let sent = 0;
  for (let round = 0; round < 400 && upstream.writableLength < 1e6; round++) {
    target.peer.send(Buffer.alloc(32_768, 1));
    sent += 32_768;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(upstream.writableLength).toBeGreaterThan(0.9e6);
  const reader = webSocketEnd(client, 'client');
  for (let round = 0; round < 200 && reader.heard.join('').length < sent; round++) await settled();
  expect(reader.heard.join('').length).toBe(sent);
});

test('before version 4 a message on the error channel is a failure', async () => {
  const { client, upstream, ended } = run({}, 'channel.k8s.io');
  say(upstream, '\x03it failed');
  await settled();
  upstream.peer.close(1000);
  expect(await ended).toEqual(['Failure', 'failed']);
  expect(client.heard).toEqual(['\x03it failed']);
});
