import type { HeaderField } from '@sallyport/http-wire';
import { headerValues } from './header-values.js';
import { RequestFault } from './request-fault.js';

/** Ways to show an object that this gateway can read, whole or in part (K8-08). */
const shapes: ReadonlySet<string> = new Set([
  'Table',
  'PartialObjectMetadata',
  'PartialObjectMetadataList',
  'APIGroupDiscoveryList',
]);
const parameters: ReadonlySet<string> = new Set(['as', 'g', 'v', 'q', 'stream', 'charset']);
const maxRanges = 32;

/**
 * The `Accept` that is forwarded: what the client can take and this gateway can read, in the client's order. JSON only:
 * nothing else can be masked.
 * @throws RequestFault 406 when that is nothing
 */
export function readableAccept(headers: readonly HeaderField[]): string {
  const given = headerValues(headers, 'accept').join(',');
  if (given.trim() === '') return 'application/json';
  const ranges = given.split(',').slice(0, maxRanges);
  const readable = ranges.flatMap((range) => readableRange(range) ?? []);
  if (readable.length > 0) return [...new Set(readable)].join(', ');
  throw new RequestFault(406, 'answers are given here as application/json only', 'unsupported');
}

function readableRange(range: string): string | undefined {
  const [type, ...rest] = range.split(';').map((part) => part.trim());
  const name = type!.toLowerCase();
  if (name !== 'application/json' && name !== 'application/*' && name !== '*/*') return undefined;
  const kept: string[] = [];
  for (const parameter of rest) {
    const match = /^([a-z]+)=("?)([\w.-]+)\2$/i.exec(parameter);
    if (!match || !parameters.has(match[1]!.toLowerCase())) return undefined;
    const [key, value] = [match[1]!.toLowerCase(), match[3]!];
    if (key === 'as' && !shapes.has(value)) return undefined;
    if (key === 'q' && Number(value) === 0) return undefined;
    if (key === 'as' || key === 'g' || key === 'v' || (key === 'stream' && value === 'watch'))
      kept.push(`;${key}=${value}`);
  }
  return `application/json${kept.join('')}`;
}
