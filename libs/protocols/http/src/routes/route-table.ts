import type { RouteTemplate, TemplateSegment } from './route-template.js';

export interface RouteMatch<Value> {
  readonly route: RouteTemplate;
  readonly value: Value;
}

interface Node<Value> {
  readonly literals: Map<string, Node<Value>>;
  readonly affixes: { readonly before: string; readonly after: string; readonly next: Node<Value> }[];
  parameter: Node<Value> | undefined;
  readonly rest: Map<string, RouteMatch<Value>>;
  readonly ends: Map<string, RouteMatch<Value>>;
}

/** Key of routes that take any method; no method is empty. */
const anyMethod = '';

/** Finds the most specific template of a path: segment by segment a literal beats a part, a part a parameter, a parameter the rest. */
export class RouteTable<Value> {
  private readonly root = emptyNode<Value>();

  /** The first of two templates that match the same paths stays. */
  add(route: RouteTemplate, value: Value): void {
    let node = this.root;
    let ends = node.ends;
    for (const segment of route.segments) {
      if (segment.kind === 'rest') {
        ends = node.rest;
        break;
      }
      node = step(node, segment);
      ends = node.ends;
    }
    const method = route.method ?? anyMethod;
    if (!ends.has(method)) ends.set(method, { route, value });
  }

  /** A HEAD request takes a GET's route: it asks for the same (RFC 9110 section 9.3.2). */
  match(method: string, segments: readonly string[]): RouteMatch<Value> | undefined {
    const methods = method === 'HEAD' ? ['HEAD', 'GET', anyMethod] : [method, anyMethod];
    return search(this.root, segments, 0, methods);
  }
}

function emptyNode<Value>(): Node<Value> {
  return { literals: new Map(), affixes: [], parameter: undefined, rest: new Map(), ends: new Map() };
}

function step<Value>(node: Node<Value>, segment: Exclude<TemplateSegment, { kind: 'rest' }>): Node<Value> {
  if (segment.kind === 'parameter') return (node.parameter ??= emptyNode());
  if (segment.kind === 'affix') {
    const { before, after } = segment;
    const known = node.affixes.find((affix) => affix.before === before && affix.after === after);
    if (known) return known.next;
    const next = emptyNode<Value>();
    node.affixes.push({ before, after, next });
    node.affixes.sort((a, b) => b.before.length + b.after.length - a.before.length - a.after.length);
    return next;
  }
  const known = node.literals.get(segment.text);
  if (known) return known;
  const next = emptyNode<Value>();
  node.literals.set(segment.text, next);
  return next;
}

/** Visits each node once at most, so the time is bounded by the table and not by the path. */
function search<Value>(
  node: Node<Value>,
  segments: readonly string[],
  at: number,
  methods: readonly string[],
): RouteMatch<Value> | undefined {
  if (at === segments.length) return pick(node.ends, methods);
  const segment = segments[at]!;
  const literal = node.literals.get(segment);
  const exact = literal && search(literal, segments, at + 1, methods);
  if (exact) return exact;
  for (const { before, after, next } of node.affixes) {
    const fits = segment.length > before.length + after.length && segment.startsWith(before) && segment.endsWith(after);
    const found = fits ? search(next, segments, at + 1, methods) : undefined;
    if (found) return found;
  }
  const found = node.parameter && segment !== '' ? search(node.parameter, segments, at + 1, methods) : undefined;
  return found ?? pick(node.rest, methods);
}

function pick<Value>(ends: Map<string, RouteMatch<Value>>, methods: readonly string[]): RouteMatch<Value> | undefined {
  for (const method of methods) {
    const match = ends.get(method);
    if (match) return match;
  }
  return undefined;
}
