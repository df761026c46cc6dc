import type { HeaderField } from '@sallyport/http-wire';
import { streamRequest } from '../testing/stream-sides.js';
import { acceptAnswer } from '../testing/stream-handshake.js';
import { chooseStream } from './stream-choice.js';
import { streamTunnel } from './stream-tunnel.js';
import type { StreamUse } from './stream-use.js';

const offer = (value: string): HeaderField[] => [['sec-websocket-protocol', value]];
const versions = (...values: string[]): HeaderField[] => values.map((value) => ['x-stream-protocol-version', value]);
const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from('sp_token.abc').toString('base64url')}`;

test.each<[string, string, HeaderField[], StreamUse['kind'], string[]]>([
  ['what kubectl offers for exec', 'websocket', offer('v5.channel.k8s.io'), 'remoteCommand', ['v5.channel.k8s.io']],
  [
    'the best first, whatever the order offered',
    'websocket',
    offer('channel.k8s.io, v4.channel.k8s.io, v5.channel.k8s.io, unknown'),
    'remoteCommand',
    ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io'],
  ],
  [
    'what kubectl offers for exec over SPDY',
    'spdy/3.1',
    versions('v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'),
    'remoteCommand',
    ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'],
  ],
  [
    'one field with several',
    'spdy/3.1',
    versions('v2.channel.k8s.io, v4.channel.k8s.io'),
    'remoteCommand',
    ['v4.channel.k8s.io', 'v2.channel.k8s.io'],
  ],
  ['port forwarding', 'spdy/3.1', versions('portforward.k8s.io'), 'portForward', ['portforward.k8s.io']],
  [
    'port forwarding inside of a WebSocket',
    'websocket',
    offer('SPDY/3.1+portforward.k8s.io'),
    'portForward',
    ['SPDY/3.1+portforward.k8s.io'],
  ],
  ['no token is forwarded', 'websocket', offer(`v4.channel.k8s.io, ${bearer}`), 'remoteCommand', ['v4.channel.k8s.io']],
])('K8-03 chooses %s', (_, upgrade, headers, use, protocols) => {
  const head = streamRequest(upgrade, headers);
  expect(chooseStream(head, use)).toMatchObject({ transport: upgrade, protocols });
  const asked = streamTunnel(head, anyUse(use)).requestHeaders;
  expect(JSON.stringify(asked)).not.toContain('bearer');
  const named = asked.filter(([name]) => name === 'sec-websocket-protocol' || name === 'x-stream-protocol-version');
  expect(named.map(([, value]) => value).join(', ')).toBe(protocols.join(', '));
});

test.each<[string, string, HeaderField[], StreamUse['kind']]>([
  ['an unknown subprotocol', 'websocket', offer('v6.channel.k8s.io'), 'remoteCommand'],
  ['no subprotocol', 'websocket', [], 'remoteCommand'],
  ['a token alone', 'websocket', offer(bearer), 'remoteCommand'],
  ['the subprotocol of another use', 'websocket', offer('SPDY/3.1+portforward.k8s.io'), 'remoteCommand'],
  ['no SPDY version', 'spdy/3.1', [], 'remoteCommand'],
  ['commands as a port forward', 'spdy/3.1', versions('v4.channel.k8s.io'), 'portForward'],
  ['another upgrade', 'h2c', [], 'remoteCommand'],
])('K8-03 refuses %s', (_, upgrade, headers, use) => {
  expect(() => chooseStream(streamRequest(upgrade, headers), use)).toThrow(
    expect.objectContaining({ name: 'WireFault', status: 400 }),
  );
});

test('only what was offered, and answered rightly, is accepted of the target', () => {
  const tunnel = streamTunnel(
    streamRequest('websocket', offer('v4.channel.k8s.io, v5.channel.k8s.io')),
    anyUse('remoteCommand'),
  );
  const right = acceptAnswer(tunnel.requestHeaders, 'v4.channel.k8s.io');
  expect(tunnel.accept(right)).toEqual([
    ['sec-websocket-accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
    ['sec-websocket-protocol', 'v4.channel.k8s.io'],
  ]);
  expect(tunnel.accept(acceptAnswer(tunnel.requestHeaders, 'channel.k8s.io'))).toBeUndefined();
  expect(tunnel.accept({ ...right, headers: right.headers.slice(1) })).toBeUndefined();

  const spdy = streamTunnel(streamRequest('spdy/3.1', versions('v4.channel.k8s.io')), anyUse('remoteCommand'));
  expect(spdy.accept(acceptAnswer([], 'v4.channel.k8s.io'))).toEqual([
    ['x-stream-protocol-version', 'v4.channel.k8s.io'],
  ]);
  expect(spdy.accept(acceptAnswer([], 'v3.channel.k8s.io'))).toBeUndefined();
  expect(spdy.accept({ status: 101, headers: [], bodyLength: undefined })).toBeUndefined();
});

function anyUse(kind: StreamUse['kind']): StreamUse {
  return kind === 'portForward'
    ? { kind, ports: [], mayForward: () => false }
    : { kind, stdin: true, stdout: true, stderr: true, tty: false };
}
