import type { Refused } from '@sallyport/enforcement';
import { ByteReader, WireError } from '@sallyport/wire-kit';
import type { Channel, ChannelEvents } from '../connection/channel.js';
import { readString, readText, textOf } from '../connection/wire.js';
import type { SshSession } from '../session.js';
import { Program, type EarlyInput, type ProgramStart } from './program.js';
import { LineMode, offersLines } from './line-mode.js';
import { refusalText } from '../refuse.js';
import { FileProxy } from './files/file-proxy.js';
import { Environment, readTerminal, type Terminal } from './terminal.js';

/**
 * A channel of type `session` (RFC 4254 §6): collects what the client prepares, and starts the one thing it asks for.
 * Requests that are not known here are refused: agents and X11 among them.
 */
export class SessionChannel implements ChannelEvents {
  readonly #environment = new Environment();
  #terminal: Terminal | undefined;
  #running: ChannelEvents | undefined;

  constructor(
    private readonly session: SshSession,
    private readonly channel: Channel,
  ) {
    channel.events = this;
  }

  data(bytes: Buffer, stderr: boolean): void {
    // Nothing reads before something runs: what comes too early is nobody's.
    if (!this.#running) throw new WireError('data before a program was asked for');
    this.#running.data(bytes, stderr);
  }

  eof(): void {
    this.#running?.eof();
  }

  concludes(): boolean {
    return this.#running?.concludes?.() ?? false;
  }

  closed(): void {
    this.#running?.closed();
  }

  request(name: string, data: Buffer): boolean {
    if (this.#running) return this.#running.request(name, data);
    switch (name) {
      case 'pty-req':
        this.#terminal = readTerminal(data);
        return true;
      case 'env':
        return this.#environment.set(data);
      case 'shell':
        return this.#start({ kind: 'shell' });
      case 'exec':
        return this.#exec(data);
      case 'subsystem':
        return this.#subsystem(data);
      default:
        return false;
    }
  }

  #exec(data: Buffer): boolean {
    const reader = new ByteReader(data);
    const command = textOf(readString(reader));
    reader.done();
    // Bytes that are no text cannot be shown to anybody, and NUL ends the text for the target but not for us.
    if (command === undefined || command.includes('\0')) return false;
    return this.#start({ kind: 'exec', command });
  }

  #subsystem(data: Buffer): boolean {
    const reader = new ByteReader(data);
    const name = readText(reader);
    reader.done();
    if (name !== 'sftp' || this.#terminal) return false;
    this.#running = new FileProxy(this.session, this.channel);
    return true;
  }

  #start(start: ProgramStart): boolean {
    const program = new Program(this.session, this.channel, {
      start,
      terminal: this.#terminal,
      environment: this.#environment,
      ...(start.kind === 'shell' && {
        refused: (refused: Refused, seq: number, early: EarlyInput) => this.#lines(refused, seq, early),
      }),
    });
    this.#running = program;
    void program.run();
    return true;
  }

  /** Who may not have a shell of the target may have one of the gateway, where each line is judged. */
  #lines(refused: Refused, seq: number, early: EarlyInput): boolean {
    const environment = this.#environment;
    if (!offersLines(this.session, refused, environment)) return false;
    const lines = new LineMode(this.session, this.channel, { seq, terminal: this.#terminal, environment });
    this.#running = lines;
    lines.start(refusalText(refused), early);
    return true;
  }
}
