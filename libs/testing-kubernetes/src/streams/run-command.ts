import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { AuditedCommand } from '../audit-log.js';
import type { Status } from '../status-error.js';
import { StatusError } from '../status-error.js';
import type { CommandChannel, SuccessStatus } from './command-channel.js';
import { dropPrivileges } from './container.js';
import { LineDiscipline } from './line-discipline.js';

export interface CommandOptions {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The container's root on this machine. */
  readonly folder: string;
  readonly tty: boolean;
  /** Whether the client sends input; without it the command reads nothing. */
  readonly stdin: boolean;
}

/** What the images of these containers hold. */
const programs = new Set(
  'sh echo cat env ls true false tar printf sleep head tail wc id whoami hostname mkdir test pwd date rm touch sort yes'.split(
    ' ',
  ),
);
const maxAuditedBytes = 1 << 20;

/** Runs a program of this machine in the container's folder, without privileges, as if it ran in the container. */
export function runCommand(channel: CommandChannel, options: CommandOptions, audited: AuditedCommand): void {
  const [program = '', ...rest] = options.argv;
  const name = program.replace(/^\/(usr\/)?bin\//, '');
  if (!programs.has(name)) {
    audited.exitCode = 127;
    channel.finish(cannotStart(program));
    return;
  }
  // An absolute path means one in the container. Only the shell's own scripts see this machine's.
  const args = name === 'sh' ? rest : rest.map((arg) => (arg.startsWith('/') ? arg.slice(1) || '.' : arg));
  const interactive = name === 'sh' && options.tty && rest.length === 0;
  const child = spawn(name, interactive ? ['-i'] : args, {
    cwd: options.folder,
    env: { ...options.environment, ...(options.tty ? { TERM: 'xterm', PS1: '/ $ ' } : {}) },
    ...dropPrivileges(),
  });
  connect(channel, child, options, audited);
}

function connect(
  channel: CommandChannel,
  child: ChildProcessWithoutNullStreams,
  options: CommandOptions,
  audited: AuditedCommand,
): void {
  const terminal = options.tty ? new LineDiscipline((echo) => channel.stdout(echo)) : undefined;
  let clientGone = false;
  // A command that does not read its input may be over before the input is.
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => channel.stdout(terminal ? terminal.output(chunk) : chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    if (terminal) channel.stdout(terminal.output(chunk));
    else channel.stderr(chunk);
  });
  channel.listen({
    stdin: (chunk) => {
      if (audited.stdin.length < maxAuditedBytes) audited.stdin = Buffer.concat([audited.stdin, chunk]);
      const typed = terminal ? terminal.input(chunk) : { line: chunk };
      if (typed.interrupt) child.kill('SIGINT');
      if (typed.line.length) child.stdin.write(typed.line);
      if (typed.end) child.stdin.end();
    },
    stdinEnd: () => child.stdin.end(),
    resize: (size) => void audited.sizes.push(size),
    close: () => {
      clientGone = true;
      child.kill('SIGKILL');
    },
  });
  if (!options.stdin) child.stdin.end();
  child.on('error', () => channel.finish(cannotStart(options.argv[0] ?? '')));
  child.on('close', (code, signal) => {
    // The shell's convention for what a signal ended.
    const exitCode = code ?? (signal === 'SIGINT' ? 130 : 137);
    audited.exitCode = exitCode;
    if (!clientGone) channel.finish(outcome(exitCode));
  });
}

/** How a command ended, as the outcome stream says it (k8s.io/apimachinery/pkg/util/remotecommand). */
function outcome(exitCode: number): Status | SuccessStatus {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  const message = `command terminated with non-zero exit code: exit status ${exitCode}`;
  const causes = [{ reason: 'ExitCode', message: String(exitCode), field: '' }];
  return new StatusError(500, 'NonZeroExitCode', message, { causes }).toStatus();
}

function cannotStart(program: string): Status {
  const why = `exec: "${program}": executable file not found in $PATH: unknown`;
  const message = `Internal error occurred: error executing command in container: failed to exec in container: ${why}`;
  return new StatusError(500, 'InternalError', message, {}).toStatus();
}
