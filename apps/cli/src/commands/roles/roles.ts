import { Command } from 'commander';
import { whoami } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { cellText, printJson, printTable } from '../../output.js';
import { durationText } from '../requests/duration.js';

/** What administrators declare is read with `get roles`; this is what a role is to the caller. */
export function rolesCommand(): Command {
  return new Command('roles')
    .description('list the roles that you have, and those that you can ask for')
    .action(async (_options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const caller = await withApi(global, (client) => client.get('/v1/whoami', whoami, { explain: 'true' }));
      const requestable = caller.explanation?.requestable ?? [];
      if (json) return printJson({ held: caller.roles, requestable });
      printTable(
        ['ROLE', 'HOW', 'RESOURCES', 'UNTIL'],
        [
          ...caller.roles.map(({ role, by, resources, until }) => [role, by, onText(resources), cellText(until)]),
          ...requestable.map(({ role, resources, maxSeconds, approvers, quorum, breakGlass }) => [
            ...[role, breakGlass ? 'break-glass' : `ask ${quorum} of ${approvers.join(' or ')}`, onText(resources)],
            `${durationText(maxSeconds)} at most`,
          ]),
        ],
      );
    });
}

function onText(resources: readonly string[] | null): string {
  return resources === null ? 'all' : resources.join(' ');
}
