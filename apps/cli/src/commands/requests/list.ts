import { Command, Option } from 'commander';
import { accessRequestPage, accessRequestState } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { printJson, printTable } from '../../output.js';
import { durationText } from './duration.js';

export function listCommand(): Command {
  return new Command('list')
    .description('list what you asked for or may decide, emergencies first; those that wait unless told otherwise')
    .addOption(new Option('--state <state>').choices([...accessRequestState.options, 'all']).default('pending'))
    .action(async (_options: unknown, command: Command) => {
      const { json, state, ...global } = optionsOf<{ state: string }>(command);
      const query = state === 'all' ? {} : { state };
      const requests = await withApi(global, (client) => client.all('/v1/access-requests', accessRequestPage, query));
      if (json) return printJson(requests);
      printTable(
        ['ID', 'STATE', 'PRINCIPAL', 'ROLE', 'RESOURCES', 'FOR', 'REASON'],
        requests.map(({ id, state: now, breakGlass, principal, role, resources, seconds, displayReason }) => [
          ...[id, breakGlass ? 'break-glass' : now, principal, role, resources.join(' '), durationText(seconds)],
          displayReason,
        ]),
      );
    });
}
