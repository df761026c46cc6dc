import fs from 'node:fs';
import path from 'node:path';
import { LineCounter, parseAllDocuments, type Document } from 'yaml';
import { CliError, exitCodes } from './exit-codes.js';

/** One YAML document and where it stands. */
export interface ManifestSource {
  readonly file: string;
  /** From 1 within the file. */
  readonly document: number;
  readonly value: unknown;
}

const maxAliases = 100;
const extensions = new Set(['.yaml', '.yml', '.json']);

/**
 * Every document of the files, and of the YAML and JSON files in the directories, by name. `-` is standard input. Throws
 * CliError that names every unreadable file and every syntax error at once.
 */
export function loadManifests(paths: readonly string[]): ManifestSource[] {
  const problems: string[] = [];
  const sources = paths.flatMap((given) => filesOf(given, problems)).flatMap((file) => documentsOf(file, problems));
  if (problems.length > 0)
    throw new CliError('the manifests cannot be read; nothing was changed', exitCodes.usage, problems);
  if (sources.length === 0) throw new CliError(`no manifest in ${paths.join(', ')}`, exitCodes.usage);
  return sources;
}

function filesOf(given: string, problems: string[]): string[] {
  if (given === '-') return [given];
  try {
    if (!fs.statSync(given).isDirectory()) return [given];
    const entries = fs.readdirSync(given, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
    const names = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    return names.flatMap((entry) => {
      const file = path.join(given, entry.name);
      if (entry.isDirectory()) return filesOf(file, problems);
      return extensions.has(path.extname(entry.name)) ? [file] : [];
    });
  } catch (error) {
    problems.push((error as Error).message);
    return [];
  }
}

function documentsOf(file: string, problems: string[]): ManifestSource[] {
  const name = file === '-' ? 'standard input' : file;
  let text: string;
  try {
    text = fs.readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    problems.push((error as Error).message);
    return [];
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const documents: Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  return documents.flatMap((one, index) => {
    const document = index + 1;
    for (const problem of [...one.errors, ...one.warnings]) {
      const { line, col } = lines.linePos(problem.pos[0]);
      problems.push(`${name}:${line}:${col}: document ${document}: ${problem.message}`);
    }
    if (one.errors.length > 0) return [];
    const value = plainValue(one, (reason) => problems.push(`${name}: document ${document}: ${reason}`));
    return value === null || value === undefined ? [] : [{ file: name, document, value }];
  });
}

function plainValue(document: Document.Parsed, fail: (reason: string) => void): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    fail((error as Error).message);
    return undefined;
  }
}
