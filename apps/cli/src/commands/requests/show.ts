import { Command } from 'commander';
import { accessRequest, type AccessRequest } from '@sallyport/api-contract';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { cellText, printFields, printJson, printLine } from '../../output.js';
import { visibleBlock } from '../../terminal-text.js';
import { durationText } from './duration.js';

export function showCommand(): Command {
  return new Command('show')
    .description('show a request: who asks for what, for how long and why')
    .argument('<id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const found = await withApi(global, (client) => client.get(`/v1/access-requests/${segment(id)}`, accessRequest));
      if (json) printJson(found);
      else printRequest(found);
    });
}

/** Everything an approver must know; the reason last, and never shortened. */
function printRequest(found: AccessRequest): void {
  const { principal, requester, decisions } = found;
  printFields({
    id: found.id,
    state: found.stateReason === null ? found.state : `${found.state} (${found.stateReason})`,
    ...(found.breakGlass && { emergency: 'taken without approval' }),
    principal,
    ...(requester !== principal && { requester }),
    role: found.role,
    resources: found.resources.join(' '),
    for: `${durationText(found.seconds)}${found.extends === null ? '' : ` more, on grant ${found.extends}`}`,
    decided: decisions.map(({ principal: by, verdict, comment }) => said(verdict, by, comment)).join('; ') || '-',
    created: found.createdAt,
    expires: found.expiresAt,
    grant: cellText(found.grantId),
  });
  printLine();
  printLine(visibleBlock(found.displayReason));
}

function said(verdict: string, by: string, comment: string | null): string {
  return `${verdict} by ${by}${comment === null ? '' : `: ${comment}`}`;
}
