import { percentDecode } from '../request/percent.js';

/** One segment of a template, from the most specific kind to the least. */
export type TemplateSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'affix'; readonly before: string; readonly after: string }
  | { readonly kind: 'parameter' }
  /** The rest of the path, one segment at least. Only as the last. */
  | { readonly kind: 'rest' };

export interface RouteTemplate {
  /** Undefined: any. */
  readonly method: string | undefined;
  /** What policy calls the route, e.g. `/orders/{id}`. */
  readonly path: string;
  readonly segments: readonly TemplateSegment[];
}

/**
 * Reads `/orders/{id}`, `GET /orders/{id}`, `/files/{name}.json` or `/static/{path+}`. There are no expressions to write: a
 * template matches whole segments of a canonical path and nothing else, so neither a query nor an encoding reaches it.
 *
 * @returns undefined where the text is no template
 */
export function parseRouteTemplate(text: string): RouteTemplate | undefined {
  const match = /^(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+) )?(\/[^\s?#\\]*)$/.exec(text);
  if (!match) return undefined;
  const [, method, path] = match;
  const segments: TemplateSegment[] = [];
  const pieces = path!.slice(1).split('/');
  for (const [index, piece] of pieces.entries()) {
    const segment = parseSegment(piece, index === pieces.length - 1);
    if (!segment) return undefined;
    segments.push(segment);
  }
  return { method, path: path!, segments };
}

function parseSegment(piece: string, last: boolean): TemplateSegment | undefined {
  if (/^\{[^{}+]+\}$/.test(piece)) return { kind: 'parameter' };
  if (/^\{[^{}+]+\+\}$/.test(piece)) return last ? { kind: 'rest' } : undefined;
  const literal = literalText(piece);
  if (literal !== undefined) return literal === '' && !last ? undefined : { kind: 'literal', text: literal };
  const affix = /^([^{}]*)\{[^{}+]+\}(?:[^{}]*\{[^{}+]+\})*([^{}]*)$/.exec(piece);
  if (!affix) return undefined;
  const before = literalText(affix[1]!);
  const after = literalText(affix[2]!);
  return before === undefined || after === undefined ? undefined : { kind: 'affix', before, after };
}

/** What stands there decoded, as a request's segments are; undefined where it can match none of them. */
function literalText(piece: string): string | undefined {
  if (/[{}]/.test(piece)) return undefined;
  const text = percentDecode(piece);
  return text === undefined || text === '.' || text === '..' || /[/\\\0]/.test(text) ? undefined : text;
}
