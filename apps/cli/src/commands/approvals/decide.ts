import { approval, type Approval } from '@sallyport/api-contract';
import type { Command } from 'commander';
import { printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';
import { decisionCommand, type Verdict } from '../decision-command.js';

const words = {
  approve: 'approve a request, for one execution of exactly what it shows',
  deny: 'deny a request; the comment is told to whoever asked',
};

export function decideCommand(verdict: Verdict): Command {
  return decisionCommand(verdict, {
    description: words[verdict],
    path: '/v1/approvals',
    schema: approval,
    print: printDecided,
  });
}

function printDecided(decided: Approval): void {
  printLine(`${decided.state} ${decided.id}`);
  if (decided.state !== 'pending') return;
  const needs = decided.terms.requirements.map(({ groups, quorum }) => `${quorum} of ${groups.join(' or ')}`);
  printLine(`it still needs others: ${visible(needs.join(' and '))}; decided so far: ${decided.decisions.length}`);
}
