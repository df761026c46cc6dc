import { Command } from 'commander';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { printJson, printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';

/** Its answer has no body. */
const nothing = { parse: () => undefined };

export function terminateCommand(): Command {
  return new Command('terminate')
    .description('end a session now')
    .argument('<id>')
    .option('--reason <text>', 'kept in the audit and told to the client')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, reason, ...global } = optionsOf<{ reason?: string }>(command);
      const body = reason === undefined ? {} : { reason };
      await withApi(global, (client) => client.post(`/v1/sessions/${segment(id)}/terminate`, nothing, body));
      if (json) printJson({ id, terminating: true });
      else printLine(`terminating ${visible(id)}`);
    });
}
