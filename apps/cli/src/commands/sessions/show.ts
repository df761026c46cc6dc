import { Command } from 'commander';
import { sessionDetail } from '@sallyport/api-contract';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { printFields, printJson } from '../../output.js';

export function showCommand(): Command {
  return new Command('show')
    .description('show a session and the state of its recording')
    .argument('<id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const found = await withApi(global, (client) => client.get(`/v1/sessions/${segment(id)}`, sessionDetail));
      if (json) printJson(found);
      else printFields(found);
    });
}
