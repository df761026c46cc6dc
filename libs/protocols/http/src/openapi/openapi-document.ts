import { parse } from 'yaml';
import { parseRouteTemplate, type RouteTemplate } from '../routes/route-template.js';
import { percentDecode } from '../request/percent.js';

/** Whatever a document holds; nothing in it is trusted to have the shape that the specification asks for. */
export type Node = { readonly [key: string]: unknown };

export interface OpenApiOperation {
  readonly routes: readonly RouteTemplate[];
  /** Bodies that the request may have, and answers by status as the document spells it (`200`, `4XX`, `default`). */
  readonly request: Node | undefined;
  readonly responses: Node;
}

export interface OpenApiDocument {
  readonly root: Node;
  readonly operations: readonly OpenApiOperation[];
}

export class OpenApiFault extends Error {
  override readonly name = 'OpenApiFault';
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];
const maxCharacters = 4_194_304;
const maxReferences = 32;

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads an OpenAPI 3 document, JSON or YAML.
 *
 * @param mount what the resource's upstream has in front of every path, without which clients ask
 * @throws OpenApiFault where it is none, or names a path that cannot be matched
 */
export function parseOpenApi(text: string, mount = ''): OpenApiDocument {
  const root = load(text);
  if (!isNode(root) || typeof root.openapi !== 'string' || !/^3\.\d/.test(root.openapi)) {
    throw new OpenApiFault('not an OpenAPI 3 document');
  }
  const operations: OpenApiOperation[] = [];
  for (const [path, stored] of Object.entries(isNode(root.paths) ? root.paths : {})) {
    const item = resolve(root, stored);
    if (!path.startsWith('/') || !item) continue;
    for (const method of methods) {
      const operation = resolve(root, item[method]);
      if (!operation) continue;
      const bases = basePaths(operation.servers ?? item.servers ?? root.servers);
      const routes = bases.map((base) => template(method.toUpperCase(), below(mount, base + path)));
      const responses = isNode(operation.responses) ? operation.responses : {};
      operations.push({ routes, request: resolve(root, operation.requestBody), responses });
    }
  }
  return { root, operations };
}

function load(text: string): unknown {
  if (text.length > maxCharacters) throw new OpenApiFault('the document is too large');
  try {
    return text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text, { maxAliasCount: 100 });
  } catch {
    throw new OpenApiFault('neither JSON nor YAML');
  }
}

/** The path as clients ask for it; one that does not begin with the mount is taken to stand below it already. */
function below(mount: string, path: string): string {
  return mount !== '' && path.startsWith(`${mount}/`) ? path.slice(mount.length) : path;
}

function template(method: string, path: string): RouteTemplate {
  const route = parseRouteTemplate(`${method} ${path}`);
  if (!route) throw new OpenApiFault(`the path ${path} cannot be matched`);
  return route;
}

/** Where the API stands below its host; the host itself is the resource's, never the document's. */
function basePaths(servers: unknown): string[] {
  const paths = (Array.isArray(servers) ? servers : []).flatMap((server) => {
    if (!isNode(server) || typeof server.url !== 'string') return [];
    const url = server.url.replaceAll(/\{([^}]*)\}/g, (_, name: string) => variableDefault(server, name));
    const path = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? url.replace(/[?#].*$/s, '');
    return [path.replace(/\/+$/, '')].filter((base) => base === '' || base.startsWith('/'));
  });
  return paths.length === 0 ? [''] : [...new Set(paths)];
}

function variableDefault(server: Node, name: string): string {
  const variable = isNode(server.variables) ? server.variables[name] : undefined;
  return isNode(variable) && typeof variable.default === 'string' ? variable.default : '';
}

/** Follows references within the document. Undefined: there is nothing, it is elsewhere, or it goes in circles. */
export function resolve(root: Node, value: unknown): Node | undefined {
  for (let hops = 0; hops < maxReferences; hops += 1) {
    if (!isNode(value)) return undefined;
    if (typeof value.$ref !== 'string') return value;
    value = lookUp(root, value.$ref);
  }
  return undefined;
}

/** RFC 6901, below `#`. */
export function lookUp(root: Node, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined;
  let value: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const name = percentDecode(part)?.replaceAll('~1', '/').replaceAll('~0', '~');
    if (name === undefined || typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Node)[name];
  }
  return value;
}
