import { accessRequest, type AccessRequest } from '@sallyport/api-contract';
import type { Command } from 'commander';
import { printLine } from '../../output.js';
import { decisionCommand, type Verdict } from '../decision-command.js';
import { printOutcome } from './outcome.js';

const words = {
  approve: 'approve a request; what is granted starts with the approval that completes it',
  deny: 'deny a request; the comment is told to whoever asked',
};

export function decideCommand(verdict: Verdict): Command {
  return decisionCommand(verdict, {
    description: words[verdict],
    path: '/v1/access-requests',
    schema: accessRequest,
    print: printDecided,
  });
}

function printDecided(decided: AccessRequest): void {
  printOutcome(decided);
  if (decided.state === 'pending') printLine(`it still needs others; decided so far: ${decided.decisions.length}`);
}
