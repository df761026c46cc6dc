import { Command } from 'commander';
import { accessRequest } from '@sallyport/api-contract';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { printJson } from '../../output.js';
import { duration } from './duration.js';
import { printOutcome } from './outcome.js';

export function extendCommand(): Command {
  return new Command('extend')
    .description('ask for more time for what a request was granted; it is decided like any other')
    .argument('<id>', 'the request that was granted')
    .requiredOption('--for <time>', 'how much longer, such as 60s, 15m, 2h', duration)
    .requiredOption('--reason <text>', 'why; approvers read it')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, for: seconds, reason, ...global } = optionsOf<{ for: number; reason: string }>(command);
      const path = `/v1/access-requests/${segment(id)}/extend`;
      const made = await withApi(global, (client) => client.post(path, accessRequest, { seconds, reason }));
      if (json) printJson(made);
      else printOutcome(made);
    });
}
