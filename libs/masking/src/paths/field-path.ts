/** One step down. `descend`: at any depth, the next one included. Names are compared as {@link foldedName} makes them. */
export type PathStep = { readonly descend: boolean } & (
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'any' }
);

/** A place in documents, from their root. */
export type FieldPath = readonly PathStep[];

const maxPathLength = 1_024;
const maxSteps = 64;
/** RFC 9535 section 2.1: the integers that JSON readers agree on. Nobody's array is longer than this. */
const maxIndex = 0x7fff_ffff;

const loneSurrogate = /\p{Surrogate}/u;
/** A bare name: anything but what has a meaning in a path. */
const bareName = /^[^\s.[\]'"*$@?(),:]+/u;
const indexStep = /^\[(0|[1-9][0-9]*)\]/;
const anyElement = '[*]';
const quotedStep = /^\[(?:'((?:[^'\\]|\\['\\])*)'|"((?:[^"\\]|\\["\\])*)")\]/u;

/**
 * The part of JSONPath (RFC 9535) that needs no schema and no look ahead: `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*`, and
 * each of them after `..`. Undefined when the text is anything else.
 */
export function parseFieldPath(text: string): FieldPath | undefined {
  if (!text.startsWith('$') || text.length > maxPathLength || loneSurrogate.test(text)) return undefined;
  const steps: PathStep[] = [];
  for (let rest = text.slice(1); rest !== '';) {
    const descend = rest.startsWith('..');
    const dotted = descend || rest.startsWith('.');
    const read = readStep(dotted ? rest.slice(descend ? 2 : 1) : rest, descend, dotted);
    if (!read || steps.length === maxSteps) return undefined;
    steps.push(read.step);
    rest = read.rest;
  }
  return steps;
}

function readStep(text: string, descend: boolean, dotted: boolean): { step: PathStep; rest: string } | undefined {
  const bracketed = !dotted || descend;
  const after = (length: number): string => text.slice(length);
  if (bracketed && text.startsWith(anyElement))
    return { step: { kind: 'any', descend }, rest: after(anyElement.length) };
  const index = bracketed ? indexStep.exec(text) : null;
  if (index) {
    const at = Number(index[1]);
    return at <= maxIndex ? { step: { kind: 'index', index: at, descend }, rest: after(index[0].length) } : undefined;
  }
  const quoted = bracketed ? quotedStep.exec(text) : null;
  if (quoted) {
    const name = (quoted[1] ?? quoted[2] ?? '').replace(/\\(.)/gu, '$1');
    return { step: { kind: 'name', name: foldedName(name), descend }, rest: after(quoted[0].length) };
  }
  if (!dotted) return undefined;
  if (text.startsWith('*')) return { step: { kind: 'any', descend }, rest: after(1) };
  const name = bareName.exec(text)?.[0];
  return name ? { step: { kind: 'name', name: foldedName(name), descend }, rest: after(name.length) } : undefined;
}

/**
 * The one spelling of all names that some reader takes for the same: readers differ about case (Go's folds `ſ` to `s`), and
 * people about composed characters. Names that fold together are masked together.
 */
export function foldedName(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase();
}
