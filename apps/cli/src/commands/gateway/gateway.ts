import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { enrolment } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { printJson, printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';

export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('data-plane processes')
    .addCommand(enrollCommand())
    .addCommand(runCommand());
}

function enrollCommand(): Command {
  return new Command('enroll')
    .description('make a one-time token with which a gateway of this name enrols itself')
    .argument('<name>')
    .option('--expires-in <seconds>', 'how long the token can be used; 600 without it', seconds)
    .action(async (name: string, _options: unknown, command: Command) => {
      const { json, expiresIn, ...global } = optionsOf<{ expiresIn?: number }>(command);
      const body = { name, ...(expiresIn !== undefined && { expiresInSeconds: expiresIn }) };
      const made = await withApi(global, (client) => client.post('/v1/gateways/enrolments', enrolment, body));
      if (json) return printJson(made);
      printLine(visible(made.token));
      process.stderr.write(`give it to the gateway as SALLYPORT_ENROLMENT_TOKEN before ${visible(made.expiresAt)}\n`);
    });
}

function runCommand(): Command {
  return new Command('run')
    .description('run a gateway in the foreground, configured by its environment variables')
    .action(async () => {
      const script = fileURLToPath(new URL('../../../../gateway/dist/main.js', import.meta.url));
      const child = spawn(process.execPath, [script], { stdio: 'inherit' });
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
      process.exitCode = await new Promise<number>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code) => resolve(code ?? 1));
      });
    });
}

function seconds(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('must be a number of seconds');
  return Number(text);
}
