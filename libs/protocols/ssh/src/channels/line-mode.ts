import type { Refused } from '@sallyport/enforcement';
import { ByteWriter } from '@sallyport/wire-kit';
import { commandFacts } from '../command-facts.js';
import type { Channel, ChannelEvents } from '../connection/channel.js';
import { execAction, shellAction } from '../inspect.js';
import { LineShell, type LineResult } from '../line/line-shell.js';
import type { SshSession } from '../session.js';
import { forTerminal } from './carriage-returns.js';
import { LineChannel } from './line-channel.js';
import { Program } from './program.js';
import { readSize, type Environment, type Terminal } from './terminal.js';

export interface LineSetup {
  /** The number under which the shell was asked for and refused; what is shown here is recorded with it. */
  readonly seq: number;
  readonly terminal: Terminal | undefined;
  readonly environment: Environment;
}

/**
 * Whether the gateway's own shell is of use to whoever was refused one of the target. Policy says so by permitting a `shell`
 * in mode `line`, or simply commands in that mode. Nothing is let through by this: each line is judged when it is complete.
 */
export function offersLines(session: SshSession, refused: Refused, environment: Environment): boolean {
  if (!refused.because.every(({ code }) => code === 'forbidden' || code === 'no-permit')) return false;
  const setting = { pty: false, env: environment.facts, mode: 'line' } as const;
  const { scene, context } = session;
  try {
    const asked = [shellAction(scene, setting, 'line'), execAction(scene, commandFacts('true'), setting)];
    return asked.some((action) => context.policy.judge(action).effect !== 'deny');
  } catch {
    return false;
  }
}

/** A session channel on which the gateway runs its own shell: each line is a program like any other, without a terminal. */
export class LineMode implements ChannelEvents {
  readonly #shell: LineShell;
  #running: { readonly program: Program; readonly channel: LineChannel } | undefined;
  #interrupted = false;

  constructor(
    private readonly session: SshSession,
    private readonly client: Channel,
    private readonly setup: LineSetup,
  ) {
    this.#shell = new LineShell(
      {
        show: (text) => this.#show(text),
        run: (line) => this.#run(line),
        interrupt: () => this.#interrupt(),
        whenShown: (act) => client.afterData(() => session.log.whenCalm(act)),
        taken: (bytes) => client.consumed(bytes),
        finish: (status) => this.#finish(status),
      },
      { resource: session.binding.name, terminal: setup.terminal !== undefined },
    );
  }

  /** @param refusal what the client is told of the shell that it asked for */
  start(refusal: string, early: { readonly bytes: readonly Buffer[]; readonly ended: boolean }): void {
    this.session.guard(() => {
      this.session.log.note('lines', this.setup.seq);
      this.#record(Buffer.from(refusal), true);
      if (this.setup.terminal) this.#show(`Each line is judged and run by itself; help tells more.\r\n`);
      this.#shell.start();
      for (const bytes of early.bytes) this.#shell.input(bytes);
      if (early.ended) this.#shell.ended();
    });
  }

  data(bytes: Buffer): void {
    this.#shell.input(bytes);
  }

  eof(): void {
    this.#shell.ended();
  }

  request(name: string, data: Buffer): boolean {
    if (name === 'window-change') {
      const { cols, rows } = readSize(data);
      this.session.guard(() => this.session.log.note('resize', this.setup.seq, { cols, rows }));
      return true;
    }
    if (name !== 'signal') return false;
    this.#shell.interrupt();
    return true;
  }

  closed(): void {
    this.#shell.close();
    this.#running?.program.closed();
  }

  #run(line: string): Promise<LineResult> {
    const { session, setup } = this;
    return new Promise((resolve) => {
      const channel = new LineChannel(this.client, setup.terminal !== undefined, (result) => {
        this.#running = undefined;
        resolve(result);
      });
      const program = new Program(session, channel, {
        start: { kind: 'exec', command: line },
        terminal: undefined,
        environment: setup.environment,
        line: { of: setup.seq, display: setup.terminal ? forTerminal : undefined },
      });
      this.#running = { program, channel };
      this.#interrupted = false;
      program.eof();
      void program.run();
    });
  }

  /** First the program is asked to end. Who asks again lets go of it: what has no terminal may run on at the target. */
  #interrupt(): void {
    const running = this.#running;
    if (!running) return;
    const letGo = (): void => {
      running.program.closed();
      running.channel.giveUp();
    };
    if (this.#interrupted) return letGo();
    this.#interrupted = true;
    running.program.interrupt(letGo);
  }

  #show(text: string): void {
    this.session.guard(() => this.#record(Buffer.from(text), false));
  }

  #record(bytes: Buffer, stderr: boolean): void {
    this.session.log.response(this.setup.seq, bytes);
    this.client.write(bytes, stderr);
  }

  #finish(status: number): void {
    this.session.guard(() => {
      this.session.log.note('exit', this.setup.seq, { code: status });
      this.client.requestAfterData('exit-status', new ByteWriter(4).uint32(status).finish());
      this.client.eof();
      this.client.close();
    });
  }
}
