import { Command } from 'commander';
import { optionsOf } from '../../command-context.js';
import { exitCodes } from '../../exit-codes.js';
import { printJson, printLine } from '../../output.js';
import { apiSettings, dataDirectory } from '../../settings.js';
import { visible } from '../../terminal-text.js';
import { apiChecks } from './api-checks.js';
import type { Check } from './check.js';
import { hostChecks } from './host-checks.js';
import { listenerChecks } from './listener-checks.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check this machine, the API, the gateways and their listeners')
    .action(async (_options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const given = apiSettings(global);
      const settings = { ...given, token: given.token ?? given.localToken };
      const checks = [
        ...hostChecks(dataDirectory(global)),
        ...(await apiChecks(settings)),
        ...(await listenerChecks(dataDirectory(global), settings)),
      ];
      if (json) printJson(checks);
      else for (const check of checks) printLine(lineOf(check));
      if (checks.some(({ state }) => state === 'failed')) process.exitCode = exitCodes.failed;
    });
}

function lineOf({ name, state, detail }: Check): string {
  const mark = { ok: 'ok    ', warning: 'WARN  ', failed: 'FAILED' }[state];
  return `${mark}  ${visible(name)}: ${visible(detail)}`;
}
