import type { StreamTape } from '../stream-tape.js';
import { StreamFault, type Completion } from '../stream-use.js';
import type { ChannelMessage } from './channel-codec.js';
import type { ChannelRules } from './channel-relay.js';

interface ForwardedPort {
  readonly port: number;
  readonly name: string;
  sent: number;
  received: number;
  /** Which of its two channels, data and error, have told their port. */
  readonly announced: [data: boolean, error: boolean];
}

/**
 * Port forwarding over a plain WebSocket: the request names the ports; the n-th has channel 2n for data and 2n+1 for
 * errors, and the target begins each with the port's number in two bytes, lowest first.
 */
export class PortForwardChannels implements ChannelRules {
  readonly #ports: readonly ForwardedPort[];
  readonly #tape: StreamTape;

  constructor(ports: readonly number[], tape: StreamTape) {
    this.#ports = ports.map((port) => ({
      port,
      name: `port ${port}`,
      sent: 0,
      received: 0,
      announced: [false, false],
    }));
    this.#tape = tape;
  }

  fromClient(message: ChannelMessage): ChannelMessage | undefined {
    const forwarded = this.#ports[message.channel >> 1];
    if (!forwarded || message.channel % 2 === 1)
      throw new StreamFault('client', 'there is no such channel to write to');
    this.#tape.request(forwarded.name, message.data);
    forwarded.sent += message.data.length;
    return message;
  }

  fromUpstream(message: ChannelMessage): readonly ChannelMessage[] {
    const forwarded = this.#ports[message.channel >> 1];
    if (!forwarded) throw new StreamFault('upstream', 'the target wrote to a channel that is not its own');
    const kind = (message.channel & 1) as 0 | 1;
    if (!forwarded.announced[kind]) {
      if (message.data.length < 2 || message.data.readUInt16LE(0) !== forwarded.port) {
        throw new StreamFault('upstream', 'the target forwards another port than was asked for');
      }
      forwarded.announced[kind] = true;
    }
    this.#tape.response(kind === 0 ? forwarded.name : `${forwarded.name} error`, message.data);
    if (kind === 0) forwarded.received += message.data.length;
    return [message];
  }

  rest(): readonly ChannelMessage[] {
    for (const { port, sent, received } of this.#ports) this.#tape.note('forwarded', { port, sent, received });
    return [];
  }

  farewell(): readonly ChannelMessage[] {
    return [];
  }

  completion(): Completion {
    return { text: 'closed', outcome: 'completed' };
  }
}
