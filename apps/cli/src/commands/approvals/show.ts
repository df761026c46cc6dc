import { Command } from 'commander';
import { approval, type Approval } from '@sallyport/api-contract';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { printFields, printJson, printLine } from '../../output.js';
import { visible, visibleBlock } from '../../terminal-text.js';

export function showCommand(): Command {
  return new Command('show')
    .description('show the whole request, exactly as it would run')
    .argument('<id>')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      const found = await withApi(global, (client) => client.get(`/v1/approvals/${segment(id)}`, approval));
      if (json) printJson(found);
      else printApproval(found);
    });
}

/** Everything an approver must know; the text and its parameters last, and never shortened. */
export function printApproval(found: Approval): void {
  const { displayText, displayParameters, requester, effects, terms, reasons, decisions } = found;
  printFields({
    id: found.id,
    state: found.stateReason === null ? found.state : `${found.state} (${found.stateReason})`,
    requester: requester.owner === null ? requester.principal : `${requester.principal}, owned by ${requester.owner}`,
    from: `${found.clientAddress} through ${found.gateway}, session ${found.sessionId}`,
    resource: `${found.resource} (${found.protocol})`,
    effects: effects.map(({ verb, object }) => `${verb} ${object}`).join(', '),
    needs: terms.requirements.map(({ groups, quorum }) => `${quorum} of ${groups.join(' or ')}`).join(' and '),
    why: reasons.join('; '),
    decided: decisions.map(({ principal, verdict }) => `${verdict} by ${principal}`).join(', ') || '-',
    created: found.createdAt,
    expires: found.expiresAt,
    outcome: found.outcome === null ? '-' : `${found.outcome} ${found.outcomeDetail ?? ''}`.trim(),
    binding: found.bindingHash,
  });
  printLine();
  printLine(visibleBlock(displayText));
  for (const [index, value] of (displayParameters ?? []).entries()) {
    printLine(`$${index + 1} = ${value === null ? 'NULL' : visible(JSON.stringify(value))}`);
  }
}
