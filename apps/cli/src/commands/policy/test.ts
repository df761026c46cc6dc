import fs from 'node:fs';
import { Command } from 'commander';
import { parse } from 'yaml';
import { runPolicyTests, type PolicyTestReport } from '@sallyport/policy';
import { optionsOf } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { printJson, printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';

const maxAliases = 100;

export function testCommand(): Command {
  return new Command('test')
    .description('run the cases of a policy test file; no server is asked')
    .argument('<file>')
    .action((file: string, _options: unknown, command: Command) => {
      const { json } = optionsOf(command);
      const report = runPolicyTests(readYaml(file));
      if (json) printJson(report);
      else print(report);
      if (!report.ok) process.exitCode = exitCodes.failed;
    });
}

function readYaml(file: string): unknown {
  try {
    return parse(fs.readFileSync(file, 'utf8'), { uniqueKeys: true, maxAliasCount: maxAliases });
  } catch (error) {
    throw new CliError(`${file}: ${(error as Error).message}`, exitCodes.usage);
  }
}

function print({ problems, issues, results }: PolicyTestReport): void {
  for (const problem of problems) printLine(visible(problem));
  for (const { policy, line, column, message } of issues) {
    printLine(`  ${visible(`${policy}:${line}:${column}: ${message}`)}`);
  }
  for (const { name, passed, expected, actual, problem } of results) {
    printLine(`${passed ? 'pass' : 'FAIL'}  ${visible(name)}`);
    if (!passed) printLine(`      ${visible(`${problem ?? ''}: expected ${expected}, got ${actual}`)}`);
  }
  const passed = results.filter((result) => result.passed).length;
  printLine(`${passed} passed, ${results.length - passed} failed`);
}
