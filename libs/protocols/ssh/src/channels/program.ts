import type { Action } from '@sallyport/domain';
import type { Permitted, Refused } from '@sallyport/enforcement';
import { ByteReader, ByteWriter } from '@sallyport/wire-kit';
import { commandFacts, type CommandFacts } from '../command-facts.js';
import type { Channel, ChannelEvents } from '../connection/channel.js';
import { isRefused } from '../connection/connection.js';
import { readText } from '../connection/wire.js';
import { execAction, shellAction } from '../inspect.js';
import { outputMasks, type OutputMasks } from '../mask.js';
import { brokenStatus, holdText, line, refusalText, refusedStatus } from '../refuse.js';
import type { SshSession } from '../session.js';
import { putString } from '../transport/message-numbers.js';
import { ProgramStreams, type ProgramClient } from './program-streams.js';
import { ScriptReader } from './script-reader.js';
import { readSize, type Environment, type Terminal } from './terminal.js';

export type ProgramStart = { readonly kind: 'shell' } | { readonly kind: 'exec'; readonly command: string };

export interface ProgramSetup {
  readonly start: ProgramStart;
  readonly terminal: Terminal | undefined;
  readonly environment: Environment;
  /** It is a line of the gateway's own shell: of which, and how its output is made fit for the client's terminal. */
  readonly line?: { readonly of: number; readonly display: ((masks: OutputMasks) => OutputMasks) | undefined };
  /** Takes over the channel when policy refuses it. @returns whether it does */
  readonly refused?: (refused: Refused, seq: number, early: EarlyInput) => boolean;
}

/** What the client sent before there was a decision. */
export interface EarlyInput {
  readonly bytes: readonly Buffer[];
  readonly ended: boolean;
}

/** What the client's side goes through, in this order. */
type Stage = 'deciding' | 'running' | 'over';

const interrupt = 0x03;

/** A command or a shell: judged before the target hears of it, then its three streams and its end. */
export class Program implements ChannelEvents {
  readonly #cancel = new AbortController();
  readonly #seq: number;
  readonly #early: Buffer[] = [];
  #stage: Stage = 'deciding';
  #script: ScriptReader | undefined;
  #earlyEof = false;
  #streams: ProgramStreams | undefined;
  #size: Buffer | undefined;

  constructor(
    private readonly session: SshSession,
    private readonly client: ProgramClient,
    private readonly setup: ProgramSetup,
  ) {
    this.#seq = session.nextSeq();
    const { terminal } = setup;
    session.guard(() => {
      session.log.note('channel', this.#seq, { kind: setup.start.kind, ...(setup.line && { line: setup.line.of }) });
      if (terminal)
        session.log.note('pty', this.#seq, { cols: terminal.cols, rows: terminal.rows, term: terminal.term });
    });
  }

  /** From the request to the program's start, or to a refusal. Never rejects. */
  async run(): Promise<void> {
    try {
      const action = await this.#inspect();
      if (!action) return this.#finish('a script of more than 1 MiB cannot be shown to anybody', refusedStatus);
      const verdict = await this.session.judge(
        this.#seq,
        { request: this.setup.start, action },
        { pending: (approval) => this.#tell(holdText(approval, this.session.host)), signal: this.#cancel.signal },
      );
      if (verdict.kind === 'deny') return this.#refused(verdict);
      await this.#launch(action, verdict);
    } catch (error) {
      this.session.host.log('error', 'a program could not be started', {
        session: this.session.context.session.id,
        reason: error instanceof Error ? error.message : 'unknown',
      });
      this.#finish('the program could not be started', brokenStatus);
    }
  }

  data(bytes: Buffer): void {
    if (this.#streams) return this.#streams.input(bytes);
    if (this.#script) {
      this.#script.push(bytes);
      return this.client.consumed(bytes.length);
    }
    this.#early.push(bytes);
    // A terminal in raw mode sends its interrupt as a character: whoever waits for people may give up.
    if (this.setup.terminal && bytes.includes(interrupt)) this.#cancel.abort();
  }

  eof(): void {
    this.#earlyEof = true;
    this.#script?.end();
    this.#streams?.inputEnded();
  }

  request(name: string, data: Buffer): boolean {
    if (name === 'window-change') {
      const { cols, rows } = readSize(data);
      this.session.guard(() => this.session.log.note('resize', this.#seq, { cols, rows }));
      this.#size = data;
      this.#streams?.request(name, data);
      return true;
    }
    if (name !== 'signal') return false;
    const signal = readText(new ByteReader(data));
    if (!/^[A-Z0-9]{1,8}$/.test(signal)) return false;
    if (this.#stage === 'deciding') this.#cancel.abort();
    this.#streams?.request('signal', putString(new ByteWriter(32), signal).finish());
    return true;
  }

  /** Gives up what waits, and asks what runs to end. `refused` is called when the target will not ask it. */
  interrupt(refused: () => void): void {
    this.#cancel.abort();
    this.#streams?.interrupt(refused);
  }

  concludes(): boolean {
    return this.#stage === 'running' && this.#streams?.running === true;
  }

  closed(): void {
    this.#cancel.abort();
    this.#script?.end();
    this.#streams?.clientLeft();
    this.#stage = 'over';
  }

  /** What it would do; undefined when that cannot be known. Waits for a script to be complete. */
  async #inspect(): Promise<Action | undefined> {
    const { session, setup } = this;
    const setting = { pty: setup.terminal !== undefined, env: setup.environment.facts };
    if (setup.start.kind === 'shell') return shellAction(session.scene, setting);
    const command = commandFacts(setup.start.command, setting);
    const mode = setup.line && 'line';
    if (!readsScript(command, setting.pty)) return execAction(session.scene, command, { ...setting, mode });
    this.#script = new ScriptReader(this.#early.splice(0));
    if (this.#earlyEof) this.#script.end();
    const script = await this.#script.text();
    return script === undefined ? undefined : execAction(session.scene, command, { ...setting, mode, script });
  }

  async #launch(action: Action, verdict: Permitted<ProgramStart>): Promise<void> {
    const { session } = this;
    const masks = outputMasks(verdict.obligations, session.host.pseudonymKey);
    if (!masks) return this.#unstarted(verdict, 'what it prints cannot be masked');
    if (this.#isOver()) return this.#unstarted(verdict, 'the client left before it ran');
    const start = verdict.permit.take();
    const target = await session.upstream.connection.open('session', new Uint8Array(0));
    if (isRefused(target)) return this.#unstarted(verdict, 'the target opens no session');
    const streams = new ProgramStreams(session, {
      seq: this.#seq,
      client: this.client,
      target,
      masks: this.setup.line?.display?.(masks) ?? masks,
      action,
      verdict,
    });
    const refused = await this.#startOn(target, start);
    if (refused !== undefined) {
      target.abort();
      return this.#unstarted(verdict, refused);
    }
    if (this.#isOver()) {
      streams.clientLeft();
      return streams.start();
    }
    this.#stage = 'running';
    this.#streams = streams;
    streams.start();
    if (this.#size) streams.request('window-change', this.#size);
    const script = this.#script?.bytes();
    for (const bytes of script ?? this.#early.splice(0)) streams.input(bytes, script === undefined);
    if (this.#earlyEof) streams.inputEnded();
  }

  /** @returns why the target would not; undefined once it runs */
  async #startOn(target: Channel, start: ProgramStart): Promise<string | undefined> {
    const { terminal, environment } = this.setup;
    const ask = (name: string, data: Uint8Array): Promise<boolean> =>
      new Promise((resolve) => target.request(name, data, resolve));
    if (terminal && !(await ask('pty-req', terminal.raw))) return 'the target gives no terminal';
    for (const [name, value] of environment.entries) {
      target.request('env', putString(putString(new ByteWriter(64), name), value).finish());
    }
    const data = start.kind === 'exec' ? putString(new ByteWriter(64), start.command).finish() : new Uint8Array(0);
    return (await ask(start.kind, data)) ? undefined : 'the target refuses to run it';
  }

  #isOver(): boolean {
    return this.#stage === 'over';
  }

  #refused(refused: Refused): void {
    const early = { bytes: this.#early, ended: this.#earlyEof };
    if (!this.#isOver() && this.setup.refused?.(refused, this.#seq, early)) {
      this.#stage = 'over';
      return;
    }
    this.#end(refusalText(refused), refusedStatus);
  }

  /** It was let through, and never began. */
  #unstarted(verdict: Permitted<ProgramStart>, why: string): void {
    this.session.settle(this.#seq, verdict, why, 'failed');
    this.#finish(why, brokenStatus);
  }

  #finish(why: string, status: number): void {
    this.#end(line(why), status);
  }

  #end(text: string, status: number): void {
    if (this.#stage === 'over') return;
    this.#tell(text);
    this.#stage = 'over';
    this.client.requestAfterData('exit-status', new ByteWriter(4).uint32(status).finish());
    this.client.eof();
    this.client.close();
  }

  #tell(text: string): void {
    const bytes = Buffer.from(text);
    this.session.guard(() => {
      this.session.log.response(this.#seq, bytes);
      this.client.write(bytes, true);
    });
  }
}

/** With a terminal somebody types: that is a shell, and never ends. Otherwise its input is a script. */
function readsScript(command: CommandFacts, pty: boolean): boolean {
  return command.readsCode && !pty;
}
