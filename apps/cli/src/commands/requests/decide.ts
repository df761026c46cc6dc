import { Command } from 'commander';
import { accessRequest } from '@sallyport/api-contract';
import { optionsOf, segment, withApi } from '../../command-context.js';
import { printJson, printLine } from '../../output.js';
import { printOutcome } from './outcome.js';

const words = {
  approve: 'approve a request; what is granted starts with the approval that completes it',
  deny: 'deny a request; the comment is told to whoever asked',
};

export function decideCommand(verdict: 'approve' | 'deny'): Command {
  const command = new Command(verdict).description(words[verdict]).argument('<id>');
  if (verdict === 'deny') command.requiredOption('--comment <text>', 'why');
  else command.option('--comment <text>', 'kept with the decision');
  return command.action(async (id: string, _options: unknown, self: Command) => {
    const { json, comment, ...global } = optionsOf<{ comment?: string }>(self);
    const body = comment === undefined ? {} : { comment };
    const path = `/v1/access-requests/${segment(id)}/${verdict}`;
    const decided = await withApi(global, (client) => client.post(path, accessRequest, body));
    if (json) return printJson(decided);
    printOutcome(decided);
    if (decided.state === 'pending') printLine(`it still needs others; decided so far: ${decided.decisions.length}`);
  });
}
