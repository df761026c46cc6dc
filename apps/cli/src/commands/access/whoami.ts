import { Command } from 'commander';
import { whoami, type HeldRole, type Whoami } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { printFields, printJson } from '../../output.js';
import { printExplanation } from './explanation.js';

export function whoamiCommand(): Command {
  return new Command('whoami')
    .description('show whom the token proves, in which groups and with which roles')
    .option('--explain', 'say by what each of it holds, and what policy permits where')
    .action(async (_options: unknown, command: Command) => {
      const { json, explain, ...global } = optionsOf<{ explain?: boolean }>(command);
      const query = explain ? { explain: 'true' } : {};
      const caller = await withApi(global, (client) => client.get('/v1/whoami', whoami, query));
      if (json) return printJson(caller);
      printCaller(caller);
      if (caller.explanation) printExplanation(caller.explanation);
    });
}

function printCaller({ explanation: _, roles, groups, actsFor, owner, ...rest }: Whoami): void {
  printFields({
    ...rest,
    ...(actsFor !== null && { actsFor }),
    ...(owner !== null && { owner }),
    groups: groups.join(' ') || '-',
    roles: roles.map(roleText).join(', ') || '-',
  });
}

function roleText({ role, resources, until }: HeldRole): string {
  const where = resources === null ? '' : ` on ${resources.join(' ')}`;
  return `${role}${where}${until === null ? '' : ` until ${until}`}`;
}
