import { Command } from 'commander';
import { sessionPage } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { printJson, printTable } from '../../output.js';

interface Options {
  readonly open?: boolean;
  readonly principal?: string;
  readonly resource?: string;
}

export function listCommand(): Command {
  return new Command('list')
    .description('list sessions, newest first')
    .option('--open', 'only those that are open now')
    .option('--principal <principal>', 'only of this one, e.g. ServiceAccount::ci')
    .option('--resource <name>', 'only on this resource')
    .action(async (_options: unknown, command: Command) => {
      const { json, open, principal, resource, ...global } = optionsOf<Options>(command);
      const query = { principal, resource, ...(open && { open: 'true' }) };
      const sessions = await withApi(global, (client) => client.all('/v1/sessions', sessionPage, query));
      if (json) return printJson(sessions);
      printTable(
        ['ID', 'PRINCIPAL', 'RESOURCE', 'FROM', 'STARTED', 'ENDED'],
        sessions.map((one) => {
          const ended = one.endedAt === null ? 'open' : `${one.endedAt} ${one.endReason ?? ''}`.trim();
          return [one.id, one.principal, one.resource, one.clientAddress, one.startedAt, ended];
        }),
      );
    });
}
