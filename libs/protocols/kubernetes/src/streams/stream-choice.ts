import {
  readWebSocketRequest,
  webSocketAnswer,
  WireFault,
  type HeaderField,
  type RequestHead,
} from '@sallyport/http-wire';
import type { StreamUse } from './stream-use.js';

/** Port forwarding as SPDY frames inside of a WebSocket. */
export const tunnelledPortForward = 'SPDY/3.1+portforward.k8s.io';

/** The subprotocols this gateway can read, best first. */
const known: Readonly<Record<StreamTransport, Readonly<Record<StreamUse['kind'], readonly string[]>>>> = {
  websocket: {
    remoteCommand: [
      'v5.channel.k8s.io',
      'v4.channel.k8s.io',
      'v4.base64.channel.k8s.io',
      'v3.channel.k8s.io',
      'v2.channel.k8s.io',
      'channel.k8s.io',
      'base64.channel.k8s.io',
    ],
    portForward: [tunnelledPortForward, 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'],
  },
  'spdy/3.1': {
    remoteCommand: [
      'v5.channel.k8s.io',
      'v4.channel.k8s.io',
      'v3.channel.k8s.io',
      'v2.channel.k8s.io',
      'channel.k8s.io',
    ],
    portForward: ['portforward.k8s.io'],
  },
};

export type StreamTransport = 'websocket' | 'spdy/3.1';

/** What a client asks for, as far as this gateway can read it. */
export interface StreamChoice {
  readonly transport: StreamTransport;
  /** What the upstream may choose from, best first: those of the client's that are known, so never a token. At least one. */
  readonly protocols: readonly string[];
  /** The headers of the 101 that agrees on one of them. */
  answer(protocol: string): readonly HeaderField[];
}

/** Throws WireFault 400 where a request for streams is malformed, or offers nothing that this gateway reads. */
export function chooseStream(head: RequestHead, use: StreamUse['kind']): StreamChoice {
  if (head.upgrade === 'websocket') return chooseWebSocket(head, use);
  if (head.upgrade === 'spdy/3.1') return chooseSpdy(head, use);
  throw new WireFault('stream-upgrade', 'streams need an upgrade to websocket or SPDY/3.1');
}

function chooseWebSocket(head: RequestHead, use: StreamUse['kind']): StreamChoice {
  const request = readWebSocketRequest(head);
  const protocols = preferred(request.protocols, known.websocket[use]);
  return { transport: 'websocket', protocols, answer: (protocol) => webSocketAnswer(request, protocol) };
}

function chooseSpdy(head: RequestHead, use: StreamUse['kind']): StreamChoice {
  if (head.version !== '1.1') throw new WireFault('stream-upgrade', 'SPDY/3.1 is asked for in HTTP/1.1');
  const offered = head.headers.filter(([name]) => name === 'x-stream-protocol-version');
  const protocols = preferred(
    offered.flatMap(([, value]) => value.split(/[ \t]*,[ \t]*/)),
    known['spdy/3.1'][use],
  );
  return {
    transport: 'spdy/3.1',
    protocols,
    answer: (protocol) => [['x-stream-protocol-version', protocol]],
  };
}

function preferred(offered: readonly string[], ours: readonly string[]): string[] {
  const protocols = ours.filter((each) => offered.includes(each));
  if (protocols.length === 0)
    throw new WireFault('stream-protocol', 'none of the stream protocols offered is served here');
  return protocols;
}
