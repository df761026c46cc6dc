import { isNode, type Node, type OpenApiDocument, type OpenApiOperation, resolve } from './openapi-document.js';
import { isJson, parseMediaType } from '../request/media-type.js';
import { type Coordinate, type SchemaFindings, SchemaSearch } from './schema-search.js';

/** Where classified fields stand in what an operation takes and answers. */
export interface OperationFields {
  readonly request: SchemaFindings;
  readonly response: SchemaFindings;
  /** True where the document says what an answer with this status holds. */
  documents(status: number): boolean;
}

export function operationFields(
  document: OpenApiDocument,
  operation: OpenApiOperation,
  coordinates: readonly Coordinate[],
): OperationFields {
  const request = new SchemaSearch(document.root, coordinates);
  if (operation.request) searchContent(request, operation.request);
  const response = new SchemaSearch(document.root, coordinates);
  const statuses = new Set<string>();
  for (const [status, stored] of Object.entries(operation.responses)) {
    const answer = resolve(document.root, stored);
    statuses.add(status.toUpperCase());
    if (answer) searchContent(response, answer);
    else response.markOpen();
  }
  return {
    request: request.result(),
    response: response.result(),
    documents: (status) =>
      statuses.has(String(status)) || statuses.has(`${Math.floor(status / 100)}XX`) || statuses.has('DEFAULT'),
  };
}

/** Looks through the schemas of JSON content; other text may say anything, and bytes hold no fields. */
function searchContent(search: SchemaSearch, holder: Node): void {
  for (const [type, content] of Object.entries(isNode(holder.content) ? holder.content : {})) {
    const essence = parseMediaType(type)?.essence ?? type;
    if (/^(?:image|audio|video|font)\/|^application\/(?:pdf|zip|octet-stream)$/.test(essence)) continue;
    const schema = isNode(content) ? content.schema : undefined;
    const fields = isJson(essence) || /^application\/(?:x-ndjson|jsonl|x-www-form-urlencoded)$/.test(essence);
    if (fields && schema !== undefined) search.visit(schema, '$');
    else search.markOpen();
  }
}
