import { Command, Option } from 'commander';
import { grantPage, grantState } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { printJson, printTable } from '../../output.js';

export function listCommand(): Command {
  return new Command('list')
    .description(
      'list your grants, or those of everybody where you may, emergencies first; active ones unless told otherwise',
    )
    .addOption(new Option('--state <state>').choices([...grantState.options, 'all']).default('active'))
    .action(async (_options: unknown, command: Command) => {
      const { json, state, ...global } = optionsOf<{ state: string }>(command);
      const query = state === 'all' ? {} : { state };
      const grants = await withApi(global, (client) => client.all('/v1/grants', grantPage, query));
      if (json) return printJson(grants);
      printTable(
        ['ID', 'STATE', 'PRINCIPAL', 'ROLE', 'RESOURCES', 'EXPIRES', 'APPROVED BY'],
        grants.map(({ id, state: now, principal, role, resources, expiresAt, approvedBy, breakGlass }) => [
          ...[id, now, principal, role, resources.join(' '), expiresAt],
          breakGlass ? 'nobody: break-glass' : approvedBy.join(' '),
        ]),
      );
    });
}
