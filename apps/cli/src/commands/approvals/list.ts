import { Command, Option } from 'commander';
import { approvalPage, approvalState, type ApprovalSummary } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { printJson, printTable } from '../../output.js';

export function listCommand(): Command {
  return new Command('list')
    .description('list approvals, newest first; those that wait unless told otherwise')
    .addOption(new Option('--state <state>').choices([...approvalState.options, 'all']).default('pending'))
    .action(async (_options: unknown, command: Command) => {
      const { json, state, ...global } = optionsOf<{ state: string }>(command);
      const query = state === 'all' ? {} : { state };
      const approvals = await withApi(global, (client) => client.all('/v1/approvals', approvalPage, query));
      if (json) printJson(approvals);
      else printApprovals(approvals);
    });
}

export function printApprovals(approvals: readonly ApprovalSummary[]): void {
  printTable(
    ['ID', 'STATE', 'REQUESTER', 'RESOURCE', 'EXPIRES', 'REQUEST'],
    approvals.map(({ id, state, requester, resource, expiresAt, excerpt, truncated }) => {
      return [id, state, requester, resource, expiresAt, truncated ? `${excerpt} …` : excerpt];
    }),
  );
}
