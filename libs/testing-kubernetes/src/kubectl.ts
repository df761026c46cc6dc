import { spawn } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

export interface KubectlOptions {
  /** File; see `Kubernetes.kubeconfig`. */
  readonly kubeconfig: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** Ends the process when aborted: its code is then null. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the process is killed; 30,000 unless told. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
}
export interface KubectlResult {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real kubectl of this machine. @throws Error that says how to get one when there is none */
export function kubectl(args: readonly string[], options: KubectlOptions): Promise<KubectlResult> {
  const child = spawn(kubectlBinary(), [...args], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: dirname(options.kubeconfig),
      KUBECONFIG: options.kubeconfig,
      ...options.env,
    },
    // Its name is the field manager that server-side apply records.
    argv0: 'kubectl',
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: options.cwd,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // It may end before it has read everything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(kill, options.timeoutMs ?? 30_000);
  options.signal?.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

let known: string | undefined;

export function kubectlBinary(): string {
  known ??= findBinary();
  return known;
}

function findBinary(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter).concat('/usr/bin', '/usr/local/bin');
  for (const folder of folders) {
    const file = join(folder, 'kubectl');
    if (!isExecutable(file)) continue;
    // Some packages install a dispatcher; the version that these tests are written for lies beside it.
    const exact = join(dirname(realpathSync(file)), 'kubectl.1.32');
    return isExecutable(exact) ? exact : file;
  }
  throw new Error(
    'These tests drive the real kubectl, and there is none on the PATH. Install version 1.32: ' +
      'https://kubernetes.io/docs/tasks/tools/ (or the package kubernetes-client of your system).',
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
