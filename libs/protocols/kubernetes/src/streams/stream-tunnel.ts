import type { RunningTunnel, TunnelHandler, TunnelSides } from '@sallyport/http-core';
import {
  offerWebSocket,
  settleWebSocket,
  type HeaderField,
  type RequestHead,
  type ResponseHead,
  type WebSocketOffer,
} from '@sallyport/http-wire';
import { channelCodec } from './channels/channel-codec.js';
import { ChannelRelay, type ChannelRules } from './channels/channel-relay.js';
import { PortForwardChannels } from './channels/port-forward-channels.js';
import { RemoteCommandChannels } from './channels/remote-command-channels.js';
import { PortForwardStreams } from './spdy/port-forward-streams.js';
import { RemoteCommandStreams } from './spdy/remote-command-streams.js';
import { SpdyRelay, type SpdyRules } from './spdy/spdy-relay.js';
import { chooseStream, tunnelledPortForward, type StreamChoice } from './stream-choice.js';
import { StreamTape } from './stream-tape.js';
import type { StreamUse } from './stream-use.js';
import { webSocketBytes } from './web-socket-bytes.js';

/** Throws WireFault 400 where the request offers no stream protocol that can be read here. */
export function streamTunnel(head: RequestHead, use: StreamUse): TunnelHandler {
  const choice = chooseStream(head, use.kind);
  return choice.transport === 'websocket' ? new WebSocketTunnel(choice, use) : new SpdyTunnel(choice, use);
}

class WebSocketTunnel implements TunnelHandler {
  readonly #choice: StreamChoice;
  readonly #use: StreamUse;
  readonly #offer: WebSocketOffer;
  #protocol: string | undefined;

  constructor(choice: StreamChoice, use: StreamUse) {
    this.#choice = choice;
    this.#use = use;
    this.#offer = offerWebSocket(choice.protocols);
  }

  get requestHeaders(): readonly HeaderField[] {
    return this.#offer.headers;
  }

  accept(head: ResponseHead): readonly HeaderField[] | undefined {
    try {
      this.#protocol = settleWebSocket(this.#offer, head);
    } catch {
      return undefined;
    }
    return this.#protocol === undefined ? undefined : this.#choice.answer(this.#protocol);
  }

  relay(sides: TunnelSides): RunningTunnel {
    const protocol = agreed(this.#protocol);
    const tape = new StreamTape(sides.tape);
    tape.note('streams', { transport: 'websocket', protocol });
    if (protocol === tunnelledPortForward) {
      const tunnelled = {
        ...sides,
        client: webSocketBytes(sides.client, 'server'),
        upstream: webSocketBytes(sides.upstream, 'client'),
      };
      return new SpdyRelay(tunnelled, spdyRules(this.#use, 1, sides, tape), tape);
    }
    return new ChannelRelay(sides, channelCodec(protocol), channelRules(this.#use, protocol, sides, tape), tape);
  }
}

class SpdyTunnel implements TunnelHandler {
  readonly #choice: StreamChoice;
  readonly #use: StreamUse;
  #protocol: string | undefined;

  constructor(choice: StreamChoice, use: StreamUse) {
    this.#choice = choice;
    this.#use = use;
  }

  get requestHeaders(): readonly HeaderField[] {
    return this.#choice.protocols.map((protocol): HeaderField => ['x-stream-protocol-version', protocol]);
  }

  accept(head: ResponseHead): readonly HeaderField[] | undefined {
    const chosen = head.headers.filter(([name]) => name === 'x-stream-protocol-version').map(([, value]) => value);
    const [protocol] = chosen;
    if (chosen.length !== 1 || protocol === undefined || !this.#choice.protocols.includes(protocol)) return undefined;
    this.#protocol = protocol;
    return this.#choice.answer(protocol);
  }

  relay(sides: TunnelSides): RunningTunnel {
    const protocol = agreed(this.#protocol);
    const tape = new StreamTape(sides.tape);
    tape.note('streams', { transport: 'spdy/3.1', protocol });
    return new SpdyRelay(sides, spdyRules(this.#use, versionOf(protocol), sides, tape), tape);
  }
}

function channelRules(use: StreamUse, protocol: string, sides: TunnelSides, tape: StreamTape): ChannelRules {
  if (use.kind === 'portForward') return new PortForwardChannels(use.ports, tape);
  return new RemoteCommandChannels(use, versionOf(protocol), tape, use.mask?.(sides.obligations));
}

function spdyRules(use: StreamUse, version: number, sides: TunnelSides, tape: StreamTape): SpdyRules {
  if (use.kind === 'portForward') return new PortForwardStreams((port) => use.mayForward(port, sides), tape);
  return new RemoteCommandStreams(use, version, tape, use.mask?.(sides.obligations));
}

/** `v4.channel.k8s.io` and the like; without a number it is the first. */
function versionOf(protocol: string): number {
  return Number(/^v(\d)\./.exec(protocol)?.[1] ?? 1);
}

function agreed(protocol: string | undefined): string {
  if (protocol === undefined) throw new Error('streams are relayed after their protocol is agreed on');
  return protocol;
}
