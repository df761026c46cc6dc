import { Command } from 'commander';
import { accessRequest } from '@sallyport/api-contract';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { printJson } from '../../output.js';
import { printOutcome } from './outcome.js';

export function withdrawCommand(): Command {
  return new Command('withdraw')
    .description('take back what you asked for')
    .argument('<id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const path = `/v1/access-requests/${segment(id)}/withdraw`;
      const withdrawn = await withApi(global, (client) => client.post(path, accessRequest));
      if (json) printJson(withdrawn);
      else printOutcome(withdrawn);
    });
}
