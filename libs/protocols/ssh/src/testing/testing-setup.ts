import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ResourceBinding } from '@sallyport/enforcement';
import { createSshAdapter } from '../adapter.js';
import { TestingHost } from './testing-host.js';
import { makeKey, startSshd, type TestingSshd } from './testing-sshd.js';

/** A real OpenSSH client before the gateway, a real server behind it. */
export class TestingSetup {
  private constructor(
    readonly host: TestingHost,
    readonly sshd: TestingSshd,
    readonly port: number,
    readonly folder: string,
    private readonly closeGateway: () => Promise<void>,
  ) {}

  static async start(sshdConfig: readonly string[] = []): Promise<TestingSetup> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-ssh-'));
    const hostKey = makeKey(path.join(folder, 'gateway'));
    const sshd = await startSshd(sshdConfig);
    const host = new TestingHost(createSshAdapter({ hostKeys: [hostKey] }));
    host.bindings.set('box', bindingOf(sshd));
    const { port, close } = await host.listen();
    const setup = new TestingSetup(host, sshd, port, folder, close);
    fs.writeFileSync(path.join(folder, 'askpass'), '#!/bin/sh\necho "$TOKEN"\n', { mode: 0o755 });
    const publicKey = fs.readFileSync(path.join(folder, 'gateway.pub'), 'utf8');
    fs.writeFileSync(path.join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${publicKey}`);
    return setup;
  }

  async stop(): Promise<void> {
    await this.closeGateway();
    await this.sshd.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** Everything as it was before the first test. */
  reset(): void {
    this.host.reset();
    this.host.bindings.set('box', bindingOf(this.sshd));
  }

  /** What ssh needs to find the gateway. */
  target(before: readonly string[] = [], user = 'box'): string[] {
    return [...this.options, ...before, '-p', String(this.port), '-l', user, '127.0.0.1'];
  }

  /** What every OpenSSH program is told about the gateway. */
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

  /** Runs an OpenSSH program; the token is what it asks for. */
  spawn(program: string, args: readonly string[], token = 'good-token'): ChildProcessWithoutNullStreams {
    const askpass = { SSH_ASKPASS: `${this.folder}/askpass`, SSH_ASKPASS_REQUIRE: 'force', TOKEN: token };
    return spawn(program, args, { env: { PATH: process.env['PATH'], HOME: this.folder, ...askpass } });
  }

  ssh(args: readonly string[], options: Partial<SshRun> = {}): Promise<Finished> {
    const { user = 'box', before = [], input = '', token } = options;
    return finished(this.spawn('ssh', [...this.target(before, user), ...args], token), input);
  }

  /** A running ssh, for tests that look while it runs. */
  start(args: readonly string[], before: readonly string[] = []): ChildProcessWithoutNullStreams {
    return this.spawn('ssh', [...this.target(before), ...args]);
  }
}

export interface SshRun {
  readonly user: string;
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

export function bindingOf(sshd: TestingSshd): ResourceBinding {
  return {
    name: 'box',
    protocol: 'ssh',
    upstream: { host: '127.0.0.1', port: sshd.port, tls: 'disable' },
    credential: { username: sshd.username, privateKey: sshd.privateKey },
    classification: [],
    fields: [],
    ssh: { hostKeys: [sshd.hostKey], logins: [] },
    revision: '1',
  };
}

/** Waits until it holds; fails the test when it does not within five seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`never happened: ${what}`);
}
