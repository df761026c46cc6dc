import { Command } from 'commander';
import { ApiError } from '@sallyport/api-client';
import { manifestResult, type ManifestResult } from '@sallyport/api-contract';
import { optionsOf, withApi } from '../../command-context.js';
import { CliError } from '../../exit-codes.js';
import { loadManifests, type ManifestSource } from '../../manifest-files.js';
import { printJson, printLine, printTable } from '../../output.js';

interface Options {
  readonly file: string[];
  readonly prune?: boolean;
  readonly dryRun?: boolean;
}

export function applyCommand(): Command {
  return new Command('apply')
    .description('apply manifests, all of them or none')
    .requiredOption('-f, --file <path...>', 'YAML or JSON file, directory of such, or - for standard input')
    .option('--prune', 'delete what earlier manifests declared and these do not')
    .option('--dry-run', 'say what would change, and change nothing')
    .action(async (_options: unknown, command: Command) => {
      const { file, prune = false, dryRun = false, json, ...global } = optionsOf<Options>(command);
      const sources = loadManifests(file);
      const result = await withApi(global, (client) => {
        const body = sources.map(({ value }) => value);
        return client
          .put('/v1/manifests', manifestResult, { body, query: { prune, dryRun } })
          .catch((error: unknown) => {
            throw located(error, sources);
          });
      });
      if (json) printJson(result);
      else print(result);
    });
}

/** The API counts documents over all files; a person looks for file and document. */
function located(error: unknown, sources: readonly ManifestSource[]): unknown {
  if (!(error instanceof ApiError) || error.code !== 'manifest-invalid') return error;
  const { errors } = error.problem as { errors?: { document: number; path: string; reason: string }[] };
  const lines = (errors ?? []).map(({ document, path, reason }) => {
    const source = sources[document - 1];
    const where = source ? `${source.file}: document ${source.document}` : 'together';
    return `${where}${path === '' ? '' : `, ${path}`}: ${reason}`;
  });
  return new CliError(error.message, undefined, lines);
}

function print({ dryRun, revision, changes }: ManifestResult): void {
  const changed = changes.filter(({ change }) => change !== 'unchanged');
  if (changed.length > 0) {
    printTable(
      ['KIND', 'NAME', 'CHANGE'],
      changed.map(({ kind, name, change }) => [kind, name, change]),
    );
  }
  const same = changes.length - changed.length;
  printLine(`${same} unchanged; ${dryRun ? 'nothing was changed (--dry-run)' : `policy revision ${revision}`}`);
}
