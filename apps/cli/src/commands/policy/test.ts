import fs from 'node:fs';
import { Command } from 'commander';
import { parse } from 'yaml';
import type { PolicyTestReport } from '@sallyport/policy';
import { optionsOf } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { printJson, printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';

const maxAliases = 100;

export function testCommand(): Command {
  return new Command('test')
    .description('run the cases of a policy test file; no server is asked')
    .argument('<file>')
    .action(async (file: string, _options: unknown, command: Command) => {
      const { json } = optionsOf(command);
      // Loads the policy engine, which no other command needs.
      const { runPolicyTests } = await import('@sallyport/policy');
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
  for (const { name, passed, expected, actual, problem, because } of results) {
    printLine(`${passed ? 'pass' : 'FAIL'}  ${visible(name)}`);
    if (passed) continue;
    printLine(`      ${visible(`${problem ?? 'failed'}: expected ${expected}, got ${actual}`)}`);
    for (const { code, policy, object, text } of because) {
      printLine(`      ${visible([code, policy, object, text].filter(Boolean).join('  '))}`);
    }
  }
  const passed = results.filter((result) => result.passed).length;
  printLine(`${passed} passed, ${results.length - passed} failed`);
}
