import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { approvalPage, type ApprovalSummary } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { jsonText, printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';

const pollMs = 2000;

export function watchCommand(): Command {
  return new Command('watch')
    .description('print every request as it starts to wait, until interrupted; with --json one object a line')
    .action(async (_options: unknown, command: Command) => {
      const { json, ...global } = optionsOf(command);
      await withApi(global, async (client) => {
        let known = new Set<string>();
        for (;;) {
          const waiting = await client.all('/v1/approvals', approvalPage, { state: 'pending' });
          for (const one of waiting.reverse()) if (!known.has(one.id)) printLine(json ? jsonText(one) : lineOf(one));
          known = new Set(waiting.map(({ id }) => id));
          await sleep(pollMs);
        }
      });
    });
}

function lineOf({ id, requester, resource, excerpt }: ApprovalSummary): string {
  return [id, requester, resource, excerpt].map(visible).join('  ');
}
