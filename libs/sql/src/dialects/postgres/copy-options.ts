import type { Node } from '@pgsql/types';
import type { CopyFormat, CopyShape } from './inspection.js';
import { Refusal } from './refusal.js';
import { as, stringOf } from './tree.js';

/** Options that change nothing about the shape of the data as it travels. */
const harmless: ReadonlySet<string> = new Set([
  'default',
  'force_not_null',
  'force_null',
  'freeze',
  'log_verbosity',
  'on_error',
  'reject_limit',
]);

const utf8: ReadonlySet<string> = new Set(['utf8', 'utf-8', 'unicode']);

/** How COPY's data looks on the wire. @param columns names of the columns in each row, in order. */
export function copyShape(
  options: readonly Node[] | undefined,
  direction: CopyShape['direction'],
  columns: readonly (string | undefined)[],
): CopyShape {
  const given = new Map<string, Node | undefined>();
  for (const node of options ?? []) {
    const option = as(node, 'DefElem');
    if (!option?.defname) throw new Refusal('a COPY option has an unexpected form');
    given.set(option.defname, option.arg);
  }
  for (const name of given.keys()) check(name, given.get(name));
  const format = formatOf(given.get('format'));
  const isCsv = format === 'csv';
  const quote = text(given, 'quote') ?? '"';
  return {
    direction,
    format,
    columns: columns.length,
    delimiter: text(given, 'delimiter') ?? (isCsv ? ',' : '\t'),
    quote,
    escape: text(given, 'escape') ?? quote,
    nullText: text(given, 'null') ?? (isCsv ? '' : '\\N'),
    header: given.has('header') && isOn(given.get('header')),
    forceQuote: forceQuote(given.get('force_quote'), columns),
  };
}

const shaping: ReadonlySet<string> = new Set([
  'format',
  'delimiter',
  'null',
  'header',
  'quote',
  'escape',
  'force_quote',
]);

function check(name: string, value: Node | undefined): void {
  if (harmless.has(name) || shaping.has(name)) return;
  if (name === 'encoding' && utf8.has((stringOf(value) ?? '').toLowerCase())) return;
  throw new Refusal(`the COPY option ${name} is not supported${name === 'encoding' ? ' with that value' : ''}`);
}

function formatOf(value: Node | undefined): CopyFormat {
  const name = value === undefined ? 'text' : stringOf(value);
  if (name === 'text' || name === 'csv' || name === 'binary') return name;
  throw new Refusal('the COPY format is not supported');
}

function text(given: ReadonlyMap<string, Node | undefined>, name: string): string | undefined {
  if (!given.has(name)) return undefined;
  const value = stringOf(given.get(name));
  if (value === undefined) throw new Refusal(`the COPY option ${name} has an unexpected form`);
  return value;
}

function isOn(value: Node | undefined): boolean {
  if (!value) return true;
  const truth = as(value, 'Boolean');
  if (truth) return truth.boolval ?? false;
  const number = as(value, 'Integer');
  if (number) return (number.ival ?? 0) !== 0;
  return !['false', 'off', '0'].includes((stringOf(value) ?? '').toLowerCase());
}

/** Positions whose values are always quoted. */
function forceQuote(value: Node | undefined, columns: readonly (string | undefined)[]): number[] {
  if (!value) return [];
  if (as(value, 'A_Star')) return columns.map((_, i) => i);
  const names = new Set((as(value, 'List')?.items ?? []).map(stringOf));
  return columns.flatMap((name, i) => (name !== undefined && names.has(name) ? [i] : []));
}
