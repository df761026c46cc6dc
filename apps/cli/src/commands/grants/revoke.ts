import { Command } from 'commander';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { printJson, printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';

export function revokeCommand(): Command {
  return new Command('revoke')
    .description('end a grant now: your own, or that of anybody where you may')
    .argument('<id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      await withApi(global, (client) => client.delete(`/v1/grants/${segment(id)}`));
      if (json) printJson({ id, revoked: true });
      else printLine(`revoked ${visible(id)}`);
    });
}
