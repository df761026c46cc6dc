import { Command } from 'commander';
import { approval } from '@sallyport/api-contract';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { printJson, printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';

const words = {
  approve: 'approve a request, for one execution of exactly what it shows',
  deny: 'deny a request; the comment is told to whoever asked',
};

export function decideCommand(verdict: 'approve' | 'deny'): Command {
  const command = new Command(verdict).description(words[verdict]).argument('<id>');
  if (verdict === 'deny') command.requiredOption('--comment <text>', 'why');
  else command.option('--comment <text>', 'kept with the decision');
  return command.action(async (id: string, _options: unknown, self: Command) => {
    const { json, comment, ...global } = optionsOf<{ comment?: string }>(self);
    const body = comment === undefined ? {} : { comment };
    const decided = await withApi(global, (client) =>
      client.post(`/v1/approvals/${segment(id)}/${verdict}`, approval, body),
    );
    if (json) return printJson(decided);
    printLine(`${decided.state} ${decided.id}`);
    if (decided.state !== 'pending') return;
    const needs = decided.terms.requirements.map(({ groups, quorum }) => `${quorum} of ${groups.join(' or ')}`);
    printLine(`it still needs others: ${visible(needs.join(' and '))}; decided so far: ${decided.decisions.length}`);
  });
}
