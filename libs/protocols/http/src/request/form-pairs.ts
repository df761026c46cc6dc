import { percentDecode, percentEncode } from './percent.js';
import { malformed } from './request-fault.js';

/** One `name=value`; the value is undefined where there was no `=`. */
export type FormPair = readonly [name: string, value: string | undefined];

/** More would only serve to exhaust whoever parses them. */
const maxPairs = 1000;

/**
 * Reads `application/x-www-form-urlencoded` text, of a query or a body. Repeated names stay, in order.
 *
 * @throws RequestFault where bytes are not percent-encoded UTF-8, or there are too many pairs
 */
export function parseFormPairs(text: string, where: 'query' | 'body'): FormPair[] {
  const pairs: FormPair[] = [];
  for (const piece of text.split('&')) {
    if (piece === '') continue;
    if (pairs.length === maxPairs) throw malformed(`the ${where} has too many parameters`);
    const split = piece.indexOf('=');
    const name = decode(split < 0 ? piece : piece.slice(0, split), where);
    pairs.push([name, split < 0 ? undefined : decode(piece.slice(split + 1), where)]);
  }
  return pairs;
}

function decode(text: string, where: string): string {
  const decoded = percentDecode(text.replaceAll('+', ' '));
  if (decoded === undefined) throw malformed(`the ${where} is not percent-encoded UTF-8`);
  return decoded;
}

/** The one spelling in which the pairs are forwarded: a blank is `%20`, which no server takes for a plus. */
export function formText(pairs: readonly FormPair[]): string {
  return pairs
    .map(([name, value]) =>
      value === undefined ? percentEncode(name) : `${percentEncode(name)}=${percentEncode(value)}`,
    )
    .join('&');
}
