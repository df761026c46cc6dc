import type { StreamMask } from '@sallyport/masking';
import { completionOf, maxStatusBytes, parseExitStatus, refusalStatus, renderExitStatus } from '../exit-status.js';
import { maskedText, Output } from '../output-mask.js';
import type { StreamTape } from '../stream-tape.js';
import { lost, StreamFault, type Completion, type RemoteCommandUse } from '../stream-use.js';
import { parseTerminalSize, renderTerminalSize } from '../terminal-size.js';
import { channels, type ChannelMessage } from './channel-codec.js';
import type { ChannelRules } from './channel-relay.js';

/** exec and attach over a WebSocket: stdin, stdout, stderr, the error channel, sizes of the terminal. */
export class RemoteCommandChannels implements ChannelRules {
  readonly #use: RemoteCommandUse;
  readonly #version: number;
  readonly #tape: StreamTape;
  readonly #newMask: (() => StreamMask) | undefined;
  readonly #outputs: { readonly stdout: Output; readonly stderr: Output };
  #stdinOpen: boolean;
  #completion: Completion | undefined;

  constructor(use: RemoteCommandUse, version: number, tape: StreamTape, newMask: (() => StreamMask) | undefined) {
    this.#use = use;
    this.#version = version;
    this.#tape = tape;
    this.#newMask = newMask;
    this.#outputs = { stdout: new Output(newMask), stderr: new Output(newMask) };
    this.#stdinOpen = use.stdin;
  }

  fromClient(message: ChannelMessage): ChannelMessage | undefined {
    switch (message.channel) {
      case channels.stdin:
        return this.#input(message);
      case channels.resize:
        return this.#resize(message);
      case channels.close:
        return this.#close(message);
      default:
        throw new StreamFault('client', 'there is no such channel to write to');
    }
  }

  fromUpstream(message: ChannelMessage): readonly ChannelMessage[] {
    switch (message.channel) {
      case channels.stdout:
        return this.#output('stdout', message);
      case channels.stderr:
        return this.#output('stderr', message);
      case channels.error:
        return this.#status(message);
      default:
        throw new StreamFault('upstream', 'the target wrote to a channel that is not its own');
    }
  }

  rest(): readonly ChannelMessage[] {
    const messages: ChannelMessage[] = [];
    for (const name of ['stdout', 'stderr'] as const) {
      const data = this.#outputs[name].end();
      this.#tape.response(name, data);
      if (data.length > 0) messages.push({ channel: channels[name], data });
    }
    return messages;
  }

  farewell(text: string): readonly ChannelMessage[] {
    if (this.#completion) return [];
    const data = this.#version >= 4 ? refusalStatus(text) : Buffer.from(text);
    this.#tape.response('error', data);
    return [{ channel: channels.error, data }];
  }

  completion(): Completion {
    return this.#completion ?? lost;
  }

  #input(message: ChannelMessage): ChannelMessage | undefined {
    if (!this.#use.stdin) throw new StreamFault('client', 'the request did not ask for stdin', 1008);
    if (!this.#stdinOpen) return undefined;
    this.#tape.request('stdin', message.data);
    return message;
  }

  #resize(message: ChannelMessage): ChannelMessage | undefined {
    if (!this.#use.tty) return undefined;
    const size = parseTerminalSize(message.data);
    if (!size) throw new StreamFault('client', 'the size of the terminal is malformed', 1008);
    this.#tape.note('resize', { width: size.width, height: size.height });
    return { channel: channels.resize, data: renderTerminalSize(size) };
  }

  /** Version 5: the client has no more for a channel. Only for stdin does that mean something to the target. */
  #close(message: ChannelMessage): ChannelMessage | undefined {
    const channel = message.data[0];
    if (this.#version < 5 || message.data.length !== 1 || channel === undefined || channel > channels.resize) {
      throw new StreamFault('client', 'there is no such channel to close');
    }
    if (channel !== channels.stdin || !this.#stdinOpen) return undefined;
    this.#stdinOpen = false;
    this.#tape.note('stdinClosed', {});
    return message;
  }

  #output(name: 'stdout' | 'stderr', message: ChannelMessage): readonly ChannelMessage[] {
    // Servers say that they are ready by an empty message on a channel that need not have been asked for.
    if (message.data.length === 0) return [message];
    if (!this.#use[name] || this.#outputs[name].ended) {
      throw new StreamFault('upstream', `the target wrote to ${name}, which was not open`);
    }
    const data = this.#outputs[name].push(message.data);
    this.#tape.response(name, data);
    return data.length > 0 ? [{ channel: message.channel, data }] : [];
  }

  #status(message: ChannelMessage): readonly ChannelMessage[] {
    if (message.data.length === 0) return [message];
    if (this.#completion) throw new StreamFault('upstream', 'the target ended the command twice');
    const rest = this.rest();
    const data = this.#version >= 4 ? this.#readStatus(message.data) : this.#readMessage(message.data);
    this.#tape.response('error', data);
    return [...rest, { channel: channels.error, data }];
  }

  #readStatus(bytes: Buffer): Buffer {
    const status = parseExitStatus(bytes);
    if (!status) throw new StreamFault('upstream', 'the target did not say how the command ended');
    this.#completion = completionOf(status);
    return renderExitStatus(status, (text) => maskedText(this.#newMask, text));
  }

  /** Before version 4 there is a message, and only where something failed. */
  #readMessage(bytes: Buffer): Buffer {
    if (bytes.length > maxStatusBytes) throw new StreamFault('upstream', 'the target says too much about how it ended');
    this.#completion = { text: 'Failure', outcome: 'failed' };
    return Buffer.from(maskedText(this.#newMask, bytes.toString('utf8')));
  }
}
