import { Command, InvalidArgumentError } from 'commander';
import { auditIntegrity, auditPage } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { CliError } from '../../exit-codes.js';
import { cellText, printJson, printLine, printTable } from '../../output.js';
import { visible } from '../../terminal-text.js';

interface Options {
  readonly action?: string;
  readonly target?: string;
  readonly limit: number;
  readonly verify?: boolean;
  readonly since?: string;
}

export function auditCommand(): Command {
  return new Command('audit')
    .description('who changed or decided what, newest first')
    .option('--action <action>', 'only this action')
    .option('--target <target>', 'only what concerns this')
    .option('--limit <n>', 'at most so many', wholeNumber, 100)
    .option('--verify', 'check the whole hash chain instead')
    .option(
      '--since <head>',
      'with --verify: the head that an earlier check told; what came before it must be unchanged',
    )
    .action(async (_options: unknown, command: Command) => {
      const { json, action, target, limit, verify, since, ...global } = optionsOf<Options>(command);
      if (verify) return check(global, { json, head: since });
      const entries = await withApi(global, (client) => {
        const all = client.list('/v1/audit', auditPage, { action, target });
        return firstOf(all, limit);
      });
      if (json) return printJson(entries);
      printTable(
        ['SEQ', 'AT', 'ACTOR', 'ACTION', 'TARGET', 'DETAIL'],
        entries.map((one) => [String(one.seq), one.at, one.actor, one.action, one.target, cellText(one.detail)]),
      );
    });
}

/** Whoever keeps the head elsewhere notices later that the end was cut off or written anew. */
async function check(global: object, { json, head }: { json?: boolean; head?: string }): Promise<void> {
  const found = await withApi(global, (client) => client.get('/v1/audit/integrity', auditIntegrity, { head }));
  if (json) printJson(found);
  else if (found.intact) printLine(`intact: ${found.entries} entries, head ${found.entries}:${visible(found.head)}`);
  if (!found.intact) throw new CliError(`the audit's hash chain is broken at entry ${found.brokenAt}`);
}

async function firstOf<T>(items: AsyncIterable<T>, limit: number): Promise<T[]> {
  const first: T[] = [];
  for await (const item of items) {
    if (first.length >= limit) break;
    first.push(item);
  }
  return first;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('must be a number from 1');
  return Number(text);
}
