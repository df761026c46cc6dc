import { Command } from 'commander';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { printJson, printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';
import { kindOf } from './kinds.js';

export function deleteCommand(): Command {
  return new Command('delete')
    .description('delete an object')
    .argument('<kind>', 'resources, service-accounts, groups, policies, gateways')
    .argument('<name>')
    .action(async (kindName: string, name: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const kind = kindOf(kindName);
      if (!kind.deletable) throw new CliError(`${kind.path} are evidence and cannot be deleted`, exitCodes.usage);
      await withApi(global, (client) => client.delete(`/v1/${kind.path}/${segment(name)}`));
      if (json) printJson({ kind: kind.path, name, deleted: true });
      else printLine(`deleted ${kind.path}/${visible(name)}`);
    });
}
