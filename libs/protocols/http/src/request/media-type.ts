import type { HeaderField } from '@sallyport/http-wire';

/** RFC 9110 section 8.3.1. */
export interface MediaType {
  /** `type/subtype`, lower case. */
  readonly essence: string;
  /** By name, lower case; values as they mean, quotes undone. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const wholeToken = new RegExp(`^${token}$`);
const essencePattern = new RegExp(`^(${token}/${token})[ \\t]*(?:;|$)`);
const parameterPattern = new RegExp(
  `[ \\t]*(?:(${token})=(?:(${token})|"((?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t \\x21-\\x7e])*)"))?[ \\t]*(?:;|$)`,
  'y',
);

/** The one media type that the fields name; undefined without any; `malformed` for several, repeated parameters or bad syntax. */
export function mediaTypeOf(headers: readonly HeaderField[]): MediaType | 'malformed' | undefined {
  const values = headers.filter(([name]) => name === 'content-type');
  if (values.length === 0) return undefined;
  return values.length === 1 ? (parseMediaType(values[0]![1]) ?? 'malformed') : 'malformed';
}

export function parseMediaType(text: string): MediaType | undefined {
  const head = essencePattern.exec(text);
  if (!head) return undefined;
  const parameters = new Map<string, string>();
  for (parameterPattern.lastIndex = head[0].length; parameterPattern.lastIndex < text.length;) {
    const match = parameterPattern.exec(text);
    if (!match) return undefined;
    if (match[1] === undefined) continue;
    const name = match[1].toLowerCase();
    // Two charsets or boundaries are read differently by different servers.
    if (parameters.has(name)) return undefined;
    parameters.set(name, match[2] ?? match[3]!.replace(/\\(.)/g, '$1'));
  }
  return { essence: head[1]!.toLowerCase(), parameters };
}

export function isJson(essence: string): boolean {
  return essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json');
}

/** True where the text's bytes are UTF-8: no charset, or one that says so. */
export function isUtf8(type: MediaType): boolean {
  const charset = type.parameters.get('charset')?.toLowerCase();
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
}

/** The one spelling in which a type is forwarded. */
export function mediaTypeText(type: MediaType): string {
  const quoted = (value: string): string => (wholeToken.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`);
  return [type.essence, ...[...type.parameters].map(([name, value]) => `${name}=${quoted(value)}`)].join('; ');
}
