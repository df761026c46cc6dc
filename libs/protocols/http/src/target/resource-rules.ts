import type { ResourceBinding } from '@sallyport/enforcement';
import { type KnownPart, understandParts } from '../fields/classification.js';
import { anywhere, type PartPlaces } from '../fields/mask-rules.js';
import type { GraphqlRequest } from '../graphql/graphql-endpoint.js';
import { type OpenApiDocument, parseOpenApi } from '../openapi/openapi-document.js';
import { operationFields, type OperationFields } from '../openapi/operation-fields.js';
import type { Coordinate, SchemaFindings } from '../openapi/schema-search.js';
import { RouteTable } from '../routes/route-table.js';
import { parseRouteTemplate } from '../routes/route-template.js';

/** What an operation's schemas say, read when it is first asked for: a large document describes many. */
type Described = () => OperationFields;

/** What a resource's settings say about a request: which route it takes, and where classified values stand. */
export class ResourceRules {
  private readonly routes = new RouteTable<undefined>();
  private readonly operations = new RouteTable<Described>();
  private readonly parts: readonly KnownPart[];
  private readonly coordinates: readonly Coordinate[];

  /** @throws Error where the settings cannot be understood */
  constructor(binding: ResourceBinding) {
    this.parts = understandParts(binding.fields);
    this.coordinates = this.parts.flatMap(({ by }) => (by.kind === 'schemaField' ? [by.coordinate] : []));
    for (const text of binding.http?.routes ?? []) {
      const route = parseRouteTemplate(text);
      if (!route) throw new RangeError('a route template is malformed');
      this.routes.add(route, undefined);
    }
    const { openapi } = binding.http ?? {};
    if (openapi !== undefined) this.add(parseOpenApi(openapi, binding.upstream.path));
  }

  /** The template that the path fits; empty: none. */
  routeOf(method: string, segments: readonly string[]): string {
    return this.routes.match(method, segments)?.route.path ?? '';
  }

  /** What the document says about the request; undefined: nothing. */
  describes(method: string, segments: readonly string[]): OperationFields | undefined {
    return this.coordinates.length === 0 ? undefined : this.operations.match(method, segments)?.value();
  }

  /** The parts that an answer may hold. */
  inAnswer(operation: OperationFields | undefined, graphql: GraphqlRequest | undefined): PartPlaces[] {
    const parts = this.parts.filter((part) => part.in !== 'request');
    if (!graphql) return parts.map((part) => this.placesOf(part, operation?.response));
    return parts.flatMap((part) => {
      const { by } = part;
      if (by.kind === 'detector') return [{ part, described: [], other: [] }];
      const own = by.kind === 'path' ? inLists(by.path) : [];
      const places = [...own, ...(by.sought ? graphql.places(by.sought) : [])];
      // A field that is not answered may still decide what is.
      const concerned = places.length > 0 || (by.sought !== undefined && graphql.defeatsMask(by.sought));
      return concerned ? [{ part, described: places, other: places }] : [];
    });
  }

  /** The parts that a request may hold. */
  inRequest(operation: OperationFields | undefined, graphql: boolean): PartPlaces[] {
    const parts = this.parts.filter((part) => part.in !== 'response');
    return parts.map((part) => this.placesOf(part, graphql ? undefined : operation?.request));
  }

  private placesOf(part: KnownPart, found: SchemaFindings | undefined): PartPlaces {
    const { by } = part;
    if (by.kind === 'detector') return { part, described: [], other: [] };
    if (by.kind === 'path') {
      const places = inLists(by.path);
      return { part, described: places, other: places };
    }
    const other = [anywhere(by.coordinate.field)];
    if (!found) return { part, described: other, other };
    const places = found.places.get(this.coordinates.indexOf(by.coordinate)) ?? [];
    return { part, described: [...places, ...(found.open ? other : [])], other };
  }

  private add(document: OpenApiDocument): void {
    for (const operation of document.operations) {
      let fields: OperationFields | undefined;
      const described = (): OperationFields => (fields ??= operationFields(document, operation, this.coordinates));
      for (const route of operation.routes) {
        this.routes.add(route, undefined);
        this.operations.add(route, described);
      }
    }
  }
}

/** Services answer a list where they would answer a document, and a GraphQL batch is one: a path leads into each item. */
function inLists(path: string): string[] {
  return path.startsWith('$..') ? [path] : [path, `$[*]${path.slice(1)}`];
}
