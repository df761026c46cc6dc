import { Command } from 'commander';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { cellText, printFields, printJson, printTable } from '../../output.js';
import { kindOf, knownKinds } from './kinds.js';

export function getCommand(): Command {
  return new Command('get')
    .description('list objects of a kind, or show one')
    .argument('<kind>', knownKinds)
    .argument('[name]')
    .action(async (kindName: string, name: string | undefined, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const kind = kindOf(kindName);
      await withApi(global, async (client) => {
        if (name !== undefined) {
          const item = await client.get(`/v1/${kind.path}/${segment(name)}`, kind.item);
          return json ? printJson(item) : printFields(item);
        }
        const items = await client.all(`/v1/${kind.path}`, kind.page);
        if (json) return printJson(items);
        const rows = items.map((item) => kind.columns.map((column) => cellText(item[column])));
        printTable(
          kind.columns.map((column) => column.toUpperCase()),
          rows,
        );
      });
    });
}
