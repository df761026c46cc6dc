import fs from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ApiError } from '@sallyport/api-client';
import { whoamiCommand } from './commands/access/whoami.js';
import { applyCommand } from './commands/apply/apply.js';
import { approvalsCommand } from './commands/approvals/approvals.js';
import { auditCommand } from './commands/audit/audit.js';
import { doctorCommand } from './commands/doctor/doctor.js';
import { gatewayCommand } from './commands/gateway/gateway.js';
import { grantsCommand } from './commands/grants/grants.js';
import { kubeconfigCommand } from './commands/kubeconfig/kubeconfig.js';
import { loginCommand } from './commands/login/login.js';
import { logoutCommand } from './commands/login/logout.js';
import { tokenCommand } from './commands/login/token.js';
import { deleteCommand } from './commands/objects/delete.js';
import { getCommand } from './commands/objects/get.js';
import { keysCommand } from './commands/objects/keys.js';
import { policyCommand } from './commands/policy/policy.js';
import { requestsCommand } from './commands/requests/requests.js';
import { rolesCommand } from './commands/roles/roles.js';
import { sessionsCommand } from './commands/sessions/sessions.js';
import { upCommand } from './commands/up/up.js';
import { CliError, exitCodeOf, exitCodes } from './exit-codes.js';
import { problemLines } from './problem-lines.js';
import { visible } from './terminal-text.js';

const program = new Command('sallyport')
  .description('Zero-trust gateway: judges, masks, holds and records every request.')
  .version(packageVersion())
  .option('--api <url>', 'address of the control plane (SALLYPORT_API)')
  .option('--token <token>', 'access token or service-account key (SALLYPORT_TOKEN)')
  .option('--ca <file>', 'certificate of the authority to trust, PEM (SALLYPORT_CA)')
  .option('--data <dir>', 'directory of a local `sallyport up` (SALLYPORT_DATA; ~/.sallyport)')
  .option('--profile <name>', 'whose login, where several people sign in on one machine (SALLYPORT_PROFILE)')
  .option('--json', 'print JSON')
  .showHelpAfterError('(--help lists what there is)')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 usage or configuration, 3 forbidden or denied, 4 not found, 5 conflict, ' +
      '6 the API cannot be reached.',
  );

const commands: readonly Command[] = [
  upCommand(),
  applyCommand(),
  getCommand(),
  deleteCommand(),
  keysCommand(),
  loginCommand(),
  logoutCommand(),
  whoamiCommand(),
  tokenCommand(),
  kubeconfigCommand(),
  requestsCommand(),
  grantsCommand(),
  rolesCommand(),
  approvalsCommand(),
  sessionsCommand(),
  policyCommand(),
  gatewayCommand(),
  auditCommand(),
  doctorCommand(),
];
for (const command of commands) program.addCommand(command);
endQuietlyWhenNobodyReads();
exitInsteadOfThrowing(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  // Commander has already said what was wrong, or printed the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const { message } = error as Error;
  const code = error instanceof ApiError ? ` (${error.status} ${error.code})` : '';
  process.stderr.write(`sallyport: ${visible(message + code)}\n`);
  const details = error instanceof CliError ? error.details : error instanceof ApiError ? problemLines(error) : [];
  for (const line of details) process.stderr.write(`  ${visible(line)}\n`);
  return exitCodeOf(error);
}

function packageVersion(): string {
  const manifest = fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function exitInsteadOfThrowing(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitInsteadOfThrowing(child);
}

/** `sallyport sessions replay ID | head` is no failure. */
function endQuietlyWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });
}
