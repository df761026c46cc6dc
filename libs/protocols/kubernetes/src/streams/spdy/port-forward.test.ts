import { WebSocketPeer } from '@sallyport/http-wire';
import { SpdyEnd } from '../../testing/spdy-end.js';
import { relayed, settled, streamRequest, type Relayed } from '../../testing/stream-sides.js';
import { tunnelledPortForward } from '../stream-choice.js';
import { streamTunnel } from '../stream-tunnel.js';
import type { PortForwardUse } from '../stream-use.js';
import { webSocketBytes } from '../web-socket-bytes.js';

interface Running extends Omit<Relayed, 'client' | 'upstream'> {
  readonly client: SpdyEnd;
  readonly upstream: SpdyEnd;
}
const only8080: PortForwardUse = { kind: 'portForward', ports: [], mayForward: (port) => port === 8080 };

function overSpdy(use: PortForwardUse): Running {
  const protocol = 'portforward.k8s.io';
  const request = streamRequest('spdy/3.1', [['x-stream-protocol-version', protocol]]);
  const { client, upstream, ...rest } = relayed(streamTunnel(request, use), protocol);
  return { ...rest, client: new SpdyEnd(client), upstream: new SpdyEnd(upstream) };
}

function overWebSocket(use: PortForwardUse): Running {
  const request = streamRequest('websocket', [['sec-websocket-protocol', tunnelledPortForward]]);
  const { client, upstream, ...rest } = relayed(streamTunnel(request, use), tunnelledPortForward);
  return {
    ...rest,
    client: new SpdyEnd(webSocketBytes(client, 'client')),
    upstream: new SpdyEnd(webSocketBytes(upstream, 'server')),
  };
}

/** As kubectl opens a connection: a stream for errors, which it closes at once for its part, then one for data. */
function connect(client: SpdyEnd, id: number, port: string, request = '0'): void {
  client.open(id, { streamtype: 'error', port, requestid: request });
  client.data(id, '', true);
  client.open(id + 2, { streamtype: 'data', port, requestid: request });
}

describe.each([
  ['SPDY', overSpdy],
  ['SPDY inside of a WebSocket', overWebSocket],
])('over %s', (_, start) => {
  test('K8-14 relays connections to a permitted port, and records each apart', async () => {
    const { client, upstream, tape, ended } = start(only8080);
    connect(client, 1, '8080');
    connect(client, 5, '8080', '1');
    await settled();
    upstream.reply(1, 3, 5, 7);
    client.data(3, 'first');
    client.data(7, 'second');
    await settled();
    upstream.data(7, 'answer to the second', true);
    upstream.data(3, 'answer to the first', true);
    await settled();
    client.data(3, '', true);
    client.data(7, '', true);
    await settled();
    client.tunnel.end();
    expect(await ended).toEqual(['closed', 'completed']);
    expect(upstream.heard.filter((line) => !line.includes('open'))).toEqual([
      ...[
        '1 data ',
        '1 fin',
        '5 data ',
        '5 fin',
        '3 data first',
        '7 data second',
        '3 data ',
        '3 fin',
        '7 data ',
        '7 fin',
      ],
    ]);
    expect(upstream.heard).toContain('3 open {"streamtype":"data","port":"8080","requestid":"0"}');
    expect(client.heard.slice(4)).toEqual([
      ...['7 data answer to the second', '7 fin', '3 data answer to the first', '3 fin'],
    ]);
    expect(tape.lines.slice(1)).toEqual([
      '# stream {"direction":"request","name":"port 8080 connection 0"}',
      '> first',
      '# stream {"direction":"request","name":"port 8080 connection 1"}',
      '> second',
      '# stream {"direction":"response","name":"port 8080 connection 1"}',
      '< answer to the second',
      '# stream {"direction":"response","name":"port 8080 connection 0"}',
      '< answer to the first',
      '# forwarded {"port":8080,"connection":0,"sent":5,"received":19}',
      '# forwarded {"port":8080,"connection":1,"sent":6,"received":20}',
    ]);
  });

  test('K8-14 another port is refused with its reason, and nothing for it reaches the target', async () => {
    const { client, upstream, tape } = start(only8080);
    connect(client, 1, '5432');
    client.data(3, 'select 1');
    connect(client, 5, '8080');
    await settled();
    expect(client.heard).toEqual([
      ...['1 reply', '1 data forwarding to port 5432 is not permitted', '1 fin', '3 reply', '3 data ', '3 fin'],
    ]);
    expect(upstream.heard.join()).not.toMatch(/5432|select/);
    expect(upstream.heard[0]).toContain('"port":"8080"');
    expect(tape.lines.filter((line) => line.startsWith('# refused'))).toHaveLength(2);
  });

  test('ended from outside, error streams say why', async () => {
    const { client, upstream, tunnel, ended } = start(only8080);
    connect(client, 1, '8080');
    await settled();
    upstream.reply(1, 3);
    await settled();
    tunnel.terminate('access was revoked');
    client.data(3, 'late');
    expect(await ended).toEqual(['closed', 'completed']);
    await settled();
    expect(client.heard.slice(2)).toEqual(['1 data access was revoked', '1 fin', '3 reset 5', 'goaway 3 0']);
    expect(upstream.heard.join()).not.toContain('late');
  });
});

test.each<[string, Record<string, string>]>([
  ['no port', { streamtype: 'data', requestid: '0' }],
  ['no connection', { streamtype: 'data', port: '8080' }],
  ['a port in another form', { streamtype: 'data', port: '08080', requestid: '0' }],
  ['a port that there is not', { streamtype: 'data', port: '65536', requestid: '0' }],
  ['a negative port', { streamtype: 'data', port: '-1', requestid: '0' }],
  ['another type', { streamtype: 'stdin', port: '8080', requestid: '0' }],
])('K8-14 a stream with %s is reset', async (_, headers) => {
  const { client, upstream } = overSpdy({ kind: 'portForward', ports: [], mayForward: () => true });
  client.open(1, headers);
  await settled();
  expect(client.heard).toEqual(['1 reset 3']);
  expect(upstream.heard).toEqual([]);
});

test('K8-14 a judgement that fails refuses', async () => {
  const { client, upstream } = overSpdy({
    kind: 'portForward',
    ports: [],
    mayForward: () => {
      throw new Error('no policy');
    },
  });
  connect(client, 1, '8080');
  await settled();
  expect(client.heard).toContain('1 data forwarding to port 8080 is not permitted');
  expect(upstream.heard).toEqual([]);
});

test('K8-14 there is an end to the number of streams at once', async () => {
  const { client, upstream } = overSpdy(only8080);
  for (let request = 0; request < 150; request++) connect(client, 1 + request * 4, '8080', String(request));
  await settled();
  expect(upstream.heard.filter((line) => line.includes('open'))).toHaveLength(256);
  expect(client.heard.filter((line) => line.endsWith('reset 3'))).toHaveLength(44);
});

test('text inside of the tunnel ends it', async () => {
  const request = streamRequest('websocket', [['sec-websocket-protocol', tunnelledPortForward]]);
  const { client, upstream, ended } = relayed(streamTunnel(request, only8080), tunnelledPortForward);
  const target = new SpdyEnd(webSocketBytes(upstream, 'server'));
  const far = new WebSocketPeer(client, { role: 'client' }, { message: () => {}, closed: () => {} });
  far.send(Buffer.from('text'), true);
  await ended;
  expect(target.heard).toEqual([]);
});
