import { forwardedHeaders } from '@sallyport/http-core';
import type { HeaderField } from '@sallyport/http-wire';

/** They ask for another method than the one that was judged. */
const override = /^x-(?:http-)?method(?:-override)?$/;
/** With them a target tells in slices, or by a yes or no, what the whole of a masked answer hides. */
const slicing: ReadonlySet<string> = new Set(['if-modified-since', 'if-none-match', 'if-range', 'range']);
/** What proves somebody to the target is not for policies and reviewers to read. */
const secret = /^(?:authorization|cookie)$|token|secret|password|api-?key|signature/;
/** They name one attempt, not what is asked: the same request sent again is still the same. */
const tracing: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'x-request-id']);
/** No news to a reviewer; policy may still look. */
const plain: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-type',
  'pragma',
  'user-agent',
]);

/** Names that a resource's settings add, as far as they can be allowed at all. */
export function extraHeaders(names: readonly string[]): ReadonlySet<string> {
  const lower = names.map((name) => name.toLowerCase());
  // Many servers read `_` as `-`: such a name would stand for one that is not allowed.
  return new Set(lower.filter((name) => /^[!#$%&'*+.^`|~0-9a-z-]+$/.test(name) && !override.test(name)));
}

export interface HeaderChoice {
  readonly extra: ReadonlySet<string>;
  /** True where the answer may be masked. */
  readonly masked: boolean;
  /** The type of the body as it is forwarded; undefined: none. */
  readonly contentType: string | undefined;
  /** True where the client's own `Authorization` is for the target. */
  readonly passAuthorization: boolean;
}

/** The headers that go on. */
export function chooseHeaders(headers: readonly HeaderField[], choice: HeaderChoice): HeaderField[] {
  const chosen = forwardedHeaders(headers, choice.extra).filter(
    ([name]) => name !== 'content-type' && !(choice.masked && slicing.has(name)),
  );
  if (choice.contentType !== undefined) chosen.push(['content-type', choice.contentType]);
  if (choice.passAuthorization) chosen.push(...headers.filter(([name]) => name === 'authorization'));
  return chosen;
}

export function isSecret(name: string): boolean {
  return secret.test(name);
}

/** What policy is told: every header that goes on and means something; of secret ones only that they are there. */
export function toldHeaders(headers: readonly HeaderField[]): HeaderField[] {
  const meaning = headers.filter(([name]) => !tracing.has(name));
  return meaning.map(([name, value]) => [name, isSecret(name) ? '' : value]);
}

/** What a reviewer reads, sorted. */
export function reviewedHeaders(headers: readonly HeaderField[]): string[] {
  return toldHeaders(headers)
    .filter(([name]) => !plain.has(name))
    .map(([name, value]) => `${name}: ${value === '' && isSecret(name) ? '[not shown]' : value}`)
    .sort();
}
