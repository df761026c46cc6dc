import { Command } from 'commander';
import { checkCommand } from './check.js';
import { testCommand } from './test.js';

export function policyCommand(): Command {
  return new Command('policy')
    .description('ask policies what they say')
    .addCommand(checkCommand())
    .addCommand(testCommand());
}
