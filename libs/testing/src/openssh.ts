import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface OpenSshPeer {
  readonly port: number;
  /** The only one that is accepted: `ssh-ed25519 AAAA…` */
  readonly hostKey: string;
  /** Name to log in with, where a call says no other. */
  readonly user: string;
  /** Password, where a call says no other. */
  readonly token: string;
}

export interface SshRun {
  readonly user: string;
  /** Options before everything else: of two values for one option ssh takes the first. */
  readonly before: readonly string[];
  readonly input: string | Buffer | undefined;
  readonly token: string;
}

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
  readonly bytes: Buffer;
}

/** The programs of OpenSSH, as their users run them: no configuration, a known host, the token where a password is asked for. */
export class OpenSsh {
  /** @param folder for their files; has to be there */
  constructor(
    readonly folder: string,
    private readonly peer: OpenSshPeer,
  ) {
    writeFileSync(join(folder, 'askpass'), '#!/bin/sh\necho "$TOKEN"\n', { mode: 0o755 });
    writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${peer.port} ${peer.hostKey}\n`);
  }

  get port(): number {
    return this.peer.port;
  }

  /** What each of the programs is told. */
  get options(): string[] {
    const options = [
      `UserKnownHostsFile=${this.folder}/known_hosts`,
      'StrictHostKeyChecking=yes',
      'PubkeyAuthentication=no',
      'PreferredAuthentications=password',
      'NumberOfPasswordPrompts=1',
      'LogLevel=INFO',
    ];
    return ['-F', '/dev/null', ...options.flatMap((option) => ['-o', option])];
  }

  /** What ssh is told besides, up to the command. */
  target(before: readonly string[] = [], user = this.peer.user): string[] {
    return [...before, ...this.options, '-p', String(this.port), '-l', user, '127.0.0.1'];
  }

  spawn(
    program: string,
    args: readonly string[],
    token = this.peer.token,
    env: Readonly<Record<string, string>> = {},
  ): ChildProcessWithoutNullStreams {
    const askpass = { SSH_ASKPASS: `${this.folder}/askpass`, SSH_ASKPASS_REQUIRE: 'force', TOKEN: token };
    return spawn(program, args, { env: { PATH: process.env['PATH'], HOME: this.folder, ...askpass, ...env } });
  }

  /** Runs to its end. */
  ssh(args: readonly string[], run: Partial<SshRun> = {}): Promise<Finished> {
    const { user, before = [], input = '', token } = run;
    return finished(this.spawn('ssh', [...this.target(before, user), ...args], token), input);
  }

  /** A running ssh, for tests that look while it runs. */
  start(args: readonly string[], before: readonly string[] = []): ChildProcessWithoutNullStreams {
    return this.spawn('ssh', [...this.target(before), ...args]);
  }

  /** Runs the lines of a batch, up to the first that fails. */
  sftp(batch: string, user = this.peer.user): Promise<Finished> {
    const args = [...this.options, '-o', 'BatchMode=no', '-P', String(this.port), '-b', '-', `${user}@127.0.0.1`];
    return finished(this.spawn('sftp', args), batch);
  }

  scp(...args: readonly string[]): Promise<Finished> {
    return finished(this.spawn('scp', [...this.options, '-P', String(this.port), ...args]), '');
  }
}

/** @param input undefined keeps its standard input open */
export async function finished(child: ChildProcessWithoutNullStreams, input?: string | Buffer): Promise<Finished> {
  const out: Buffer[] = [];
  const error: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => error.push(chunk));
  child.stdin.on('error', () => undefined);
  if (input !== undefined) child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const bytes = Buffer.concat(out);
  return { code, out: bytes.toString(), error: Buffer.concat(error).toString(), bytes };
}
