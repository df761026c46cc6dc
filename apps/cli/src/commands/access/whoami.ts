import { Command } from 'commander';
import { whoami } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { printFields, printJson } from '../../output.js';

export function whoamiCommand(): Command {
  return new Command('whoami')
    .description('show whom the token proves')
    .action(async (_options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const caller = await withApi(global, (client) => client.get('/v1/whoami', whoami));
      if (json) printJson(caller);
      else printFields(caller);
    });
}
