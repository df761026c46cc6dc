import { RequestFault } from './request-fault.js';

export type QueryPair = readonly [name: string, value: string];

/** A query string, decoded strictly: what two readers could take for different things is refused. */
export class Query {
  constructor(readonly pairs: readonly QueryPair[]) {}

  /** @throws RequestFault for escapes that are none, text that is not UTF-8, and the old separator `;` */
  static parse(query: string | undefined): Query {
    if (query === undefined || query === '') return new Query([]);
    if (query.includes(';')) throw new RequestFault(400, 'a query may not hold an unescaped ";"');
    const pairs = query.split('&').map((part): QueryPair => {
      const equals = part.indexOf('=');
      return equals < 0 ? [decoded(part), ''] : [decoded(part.slice(0, equals)), decoded(part.slice(equals + 1))];
    });
    if (pairs.some(([name]) => name === '')) throw new RequestFault(400, 'a query parameter has no name');
    return new Query(pairs);
  }

  all(name: string): string[] {
    return this.pairs.filter(([key]) => key === name).map(([, value]) => value);
  }

  /** @throws RequestFault when it is given twice: servers read the first, others the last */
  one(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) throw new RequestFault(400, `the query parameter ${name} is given more than once`);
    return values[0];
  }

  /**
   * As the API server reads booleans: any value but `false` and `0` is true, an empty one too. Only the common spellings
   * are taken, so nobody has to know that rule.
   */
  flag(name: string): boolean {
    const value = this.one(name);
    if (value === undefined) return false;
    const known = /^(?:(true|1|)|false|0)$/i.exec(value);
    if (!known) throw new RequestFault(400, `the query parameter ${name} is neither true nor false`);
    return known[1] !== undefined;
  }

  /** As it is forwarded, with the question mark; empty when there is nothing. */
  toString(): string {
    const parts = this.pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    return parts.length === 0 ? '' : `?${parts.join('&')}`;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new RequestFault(400, 'the query is not valid percent-encoded UTF-8');
  }
}
