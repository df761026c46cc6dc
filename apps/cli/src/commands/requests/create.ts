import { Command } from 'commander';
import { accessRequest } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { printJson } from '../../output.js';
import { duration } from './duration.js';
import { printOutcome } from './outcome.js';

interface Options {
  readonly role: string;
  readonly resource: string[];
  readonly for: number;
  readonly reason: string;
  readonly principal?: string;
  readonly breakGlass?: boolean;
}

export function createCommand(): Command {
  return new Command('create')
    .description('ask for a role on resources; the time starts when it is approved')
    .requiredOption('--role <name>', 'what to be')
    .requiredOption('--resource <names...>', 'where; several names, or the option several times')
    .requiredOption('--for <time>', 'how long, such as 60s, 15m, 2h', duration)
    .requiredOption('--reason <text>', 'why; approvers read it')
    .option('--principal <ref>', 'for a service account that you own, such as ServiceAccount::ci')
    .option('--break-glass', 'take it at once, where the role lets you; everybody is told')
    .action(async (_options: unknown, command: Command) => {
      const {
        json,
        role,
        resource,
        for: seconds,
        reason,
        principal,
        breakGlass,
        ...global
      } = optionsOf<Options>(command);
      const body = {
        ...{ role, resources: resource, seconds, reason },
        ...(principal !== undefined && { principal }),
        ...(breakGlass && { breakGlass }),
      };
      const made = await withApi(global, (client) => client.post('/v1/access-requests', accessRequest, body));
      if (json) printJson(made);
      else printOutcome(made);
    });
}
