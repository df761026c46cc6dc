import {
  relayed,
  settled,
  streamRequest,
  webSocketEnd,
  type FarEnd,
  type Relayed,
} from '../../testing/stream-sides.js';
import { streamTunnel } from '../stream-tunnel.js';

function run(ports: readonly number[]): Omit<Relayed, 'client' | 'upstream'> & { client: FarEnd; upstream: FarEnd } {
  const request = streamRequest('websocket', [['sec-websocket-protocol', 'v5.channel.k8s.io, v4.channel.k8s.io']]);
  const tunnel = streamTunnel(request, { kind: 'portForward', ports, mayForward: () => false });
  const { client, upstream, ...rest } = relayed(tunnel, 'v4.channel.k8s.io');
  return { ...rest, client: webSocketEnd(client, 'client'), upstream: webSocketEnd(upstream, 'server') };
}
const say = (end: FarEnd, text: string): boolean => end.peer.send(Buffer.from(text, 'latin1'));

test('K8-14 relays the ports that the request names', async () => {
  const { client, upstream, tape, ended } = run([80, 8080]);
  for (const text of ['\x00\x50\x00', '\x01\x50\x00', '\x02\x90\x1f', '\x03\x90\x1f']) say(upstream, text);
  say(client, '\x02hello');
  await settled();
  say(upstream, '\x02world');
  say(upstream, '\x03broken');
  await settled();
  upstream.peer.close(1000);
  expect(await ended).toEqual(['closed', 'completed']);
  expect(upstream.heard).toEqual(['\x02hello']);
  expect(client.heard.slice(4)).toEqual(['\x02world', '\x03broken']);
  expect(tape.lines.slice(-2)).toEqual([
    '# forwarded {"port":80,"sent":0,"received":2}',
    '# forwarded {"port":8080,"sent":5,"received":7}',
  ]);
});

test.each<[string, string]>([
  ['a channel of a port that it did not name', '\x02x'],
  ['an error channel', '\x01x'],
])('K8-14 a client that writes to %s is cut off', async (_, text) => {
  const { client, upstream } = run([80]);
  say(client, text);
  expect(await client.closed).toMatchObject({ code: 1002 });
  expect(upstream.heard).toEqual([]);
});

test.each<[string, string]>([
  ['another port', '\x00\x51\x00'],
  ['half a port', '\x00\x50'],
  ['a channel that nobody asked for', '\x02\x51\x00'],
])('K8-14 a target that forwards %s is cut off', async (_, text) => {
  const { client, upstream } = run([80]);
  say(upstream, text);
  expect(await client.closed).toMatchObject({ code: 1008 });
  expect(client.heard).toEqual([]);
});
