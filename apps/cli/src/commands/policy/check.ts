import { Command, InvalidArgumentError } from 'commander';
import { decisionResult, type DecisionResult } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { cellText, printJson, printLine, printTable } from '../../output.js';
import { visible } from '../../terminal-text.js';

interface Options {
  readonly as: string;
  readonly on: string;
  readonly effect: readonly RequestedEffect[];
  readonly sourceIp?: string;
}
interface RequestedEffect {
  readonly action: string;
  readonly object?: string;
  readonly columns?: readonly string[];
}

export function checkCommand(): Command {
  return new Command('check')
    .description('explain what would be decided; exit code 3 when it would be denied')
    .argument('[statement]', 'SQL')
    .requiredOption('--as <principal>', 'e.g. ServiceAccount::ci; a bare name is a service account')
    .requiredOption('--on <resource>')
    .option(
      '--effect <effect>',
      'ACTION[:OBJECT[:COLUMN,...]], e.g. delete:public.orders; may be given again',
      effects,
      [],
    )
    .option('--source-ip <address>', 'as if the client came from there')
    .action(async (sql: string | undefined, _options: unknown, command: Command) => {
      const { json, as, on, effect, sourceIp, ...global } = optionsOf<Options>(command);
      if ((sql === undefined) === (effect.length === 0)) {
        throw new CliError('give either a statement or --effect', exitCodes.usage);
      }
      const question = {
        principal: as.includes('::') ? as.replaceAll('"', '') : `ServiceAccount::${as}`,
        resource: on,
        ...(sql === undefined ? { effects: effect } : { sql }),
        ...(sourceIp !== undefined && { sourceIp }),
      };
      const result = await withApi(global, (client) => client.post('/v1/decisions', decisionResult, question));
      if (json) printJson(result);
      else print(result);
      if (result.effect === 'deny') process.exitCode = exitCodes.forbidden;
    });
}

function effects(text: string, before: readonly RequestedEffect[]): readonly RequestedEffect[] {
  const match = /^([a-z]+)(?::([^:]+))?(?::([^:]+))?$/i.exec(text);
  if (!match) throw new InvalidArgumentError('must be ACTION[:OBJECT[:COLUMN,...]]');
  const [, action, object, columns] = match;
  return [...before, { action: action!, ...(object && { object }), ...(columns && { columns: columns.split(',') }) }];
}

function print({ effect, basis, policyRevision, because, masks, approval, effects: judged }: DecisionResult): void {
  printLine(`${effect} (policy revision ${policyRevision})`);
  for (const reason of because) {
    const words = [reason['code'], reason['policy'], reason['object'], reason['text']].filter(
      (part) => part !== undefined,
    );
    printLine(`  ${words.map(cellText).join('  ')}`);
  }
  if (masks.length > 0)
    printLine(`masks: ${visible(masks.map(({ column, method }) => `${column} ${method}`).join(', '))}`);
  if (approval) printLine(`approval: ${cellText(approval)}`);
  if (basis === 'assumed-catalog') {
    printLine('taken at its word: a gateway, which knows the views, functions and columns there are, may be stricter');
  }
  printLine();
  printTable(
    ['ACTION', 'OBJECT', 'VERDICT'],
    judged.map(({ verb, object, verdict }) => [cellText(verb), cellText(object), cellText(verdict)]),
  );
}
