import type { GraphQLSchema } from 'graphql';
import { isList, type JsonObject, jsonText, type JsonValue } from '../json/json-value.js';
import { type BodyFacts, jsonFacts } from '../request/body-facts.js';
import type { FormPair } from '../request/form-pairs.js';
import { malformed, RequestFault, unsupportedMedia } from '../request/request-fault.js';
import { jsonBody, type RequestBody } from '../request/request-body.js';
import { type Envelope, envelopeJson, envelopeOfQuery, type Persisted, readEnvelope } from './envelope.js';
import { type GraphqlOperation, GraphqlOperations, readSchema } from './graphql-operation.js';
import { plainName } from './used-names.js';
import { isMentioned, placesOf, type SoughtField } from './graphql-places.js';

export interface GraphqlSettings {
  readonly path: string;
  /** SDL. */
  readonly schema?: string;
  readonly persisted: Persisted;
}

export interface GraphqlFacts {
  readonly kind: '' | 'query' | 'mutation';
  readonly operation: string;
  readonly fields: readonly string[];
}
export const noGraphql: GraphqlFacts = { kind: '', operation: '', fields: [] };

interface Call {
  readonly operation: GraphqlOperation;
  readonly variables: JsonObject | undefined;
}

/** What one HTTP request to the endpoint asks for: one operation, or a batch of them that is judged as one. */
export interface GraphqlRequest {
  readonly facts: GraphqlFacts;
  readonly bodyFacts: BodyFacts;
  /** To be forwarded: the body of a POST, or the query of a GET. */
  readonly body: RequestBody | undefined;
  readonly query: readonly FormPair[] | undefined;
  /** JSON paths of a classified field in the answer. */
  places(sought: SoughtField): string[];
  /** True where the answer would depend on the field's value, or may come in a form that masks do not reach. */
  defeatsMask(sought: SoughtField): boolean;
  /** True where the request's own text gives the field a value, which no mask of its variables reaches. */
  gives(sought: SoughtField): boolean;
  /** JSON paths of what else an answer may say about fields that failed. */
  readonly talk: readonly string[];
}

const maxBatch = 50;

/** Understands requests to one GraphQL endpoint (GraphQL over HTTP). */
export class GraphqlEndpoint {
  private readonly operations: GraphqlOperations;
  private readonly schema: GraphQLSchema | undefined;

  /** @throws Error where the schema is none */
  constructor(private readonly settings: GraphqlSettings) {
    this.schema = settings.schema === undefined ? undefined : readSchema(settings.schema);
    this.operations = new GraphqlOperations(this.schema);
  }

  /**
   * True for a request to the endpoint.
   *
   * @throws RequestFault for a path that some servers take for the endpoint's: it would be judged as something else
   */
  serves(path: string): boolean {
    if (path === this.settings.path) return true;
    const bare = (text: string): string => text.replace(/\/+$/, '').toLowerCase();
    if (bare(path) !== bare(this.settings.path)) return false;
    throw new RequestFault(400, 'the path of the GraphQL endpoint is spelled otherwise', 'unsupported');
  }

  /** @throws RequestFault */
  read(method: string, query: readonly FormPair[], body: RequestBody): GraphqlRequest {
    if (method === 'GET') return this.readQuery(query, body);
    if (method !== 'POST') throw new RequestFault(405, 'GraphQL is asked by GET or POST', 'unsupported');
    if (query.length > 0) throw malformed('a GraphQL request by POST has no query');
    if (body.content.kind !== 'json' || !body.contentType?.startsWith('application/json')) {
      throw unsupportedMedia('GraphQL is asked in application/json');
    }
    const { value } = body.content;
    const list = isList(value) ? value : [value];
    if (list.length === 0 || list.length > maxBatch) throw malformed('the GraphQL batch is empty or too long');
    const envelopes = list.map((item) => readEnvelope(item, this.settings.persisted));
    const calls = envelopes.map((envelope) => this.call(envelope));
    const canonical = envelopes.map((envelope, index) => envelopeJson(envelope, calls[index]!.operation.text));
    const json: JsonValue = isList(value) ? canonical : canonical[0]!;
    const forward = jsonBody(json, 'application/json');
    return this.request(calls, isList(value), { body: forward, query: undefined, bodyFacts: forward.facts });
  }

  private readQuery(query: readonly FormPair[], body: RequestBody): GraphqlRequest {
    if (body.content.kind !== 'none') throw malformed('a GraphQL request by GET has no body');
    const envelope = readEnvelope(envelopeOfQuery(query), this.settings.persisted);
    const call = this.call(envelope);
    if (call.operation.kind !== 'query') throw new RequestFault(405, 'a GET may only query', 'unsupported');
    const json = envelopeJson(envelope, call.operation.text);
    const pairs = [...json].map(
      ([name, value]) => [name, typeof value === 'string' ? value : jsonText(value)] as const,
    );
    return this.request([call], false, { body: undefined, query: pairs, bodyFacts: jsonFacts(json) });
  }

  private call(envelope: Envelope): Call {
    return { operation: this.operations.read(envelope.query, envelope.operationName), variables: envelope.variables };
  }

  private request(
    calls: readonly Call[],
    batch: boolean,
    forward: Pick<GraphqlRequest, 'body' | 'query' | 'bodyFacts'>,
  ): GraphqlRequest {
    const inBatch = (place: string): string => (batch && !place.startsWith('$..') ? `$[*]${place.slice(1)}` : place);
    return {
      ...forward,
      facts: factsOf(calls),
      places: (sought) => [
        ...new Set(calls.flatMap(({ operation }) => placesOf(sought, operation, this.schema)).map(inBatch)),
      ],
      defeatsMask: (sought) =>
        calls.some(
          ({ operation, variables }) =>
            operation.selection.foreignDirectives || isMentioned(sought, operation, variables),
        ),
      gives: (sought) => calls.some(({ operation }) => operation.selection.given.has(plainName(sought.name))),
      talk: ['$.errors[*].message', '$.errors[*].extensions', '$.extensions'].map(inBatch),
    };
  }
}

function factsOf(calls: readonly Call[]): GraphqlFacts {
  const operations = calls.map(({ operation }) => operation);
  const names = new Set(operations.map(({ name }) => name));
  return {
    // One mutation makes the batch one.
    kind: operations.some(({ kind }) => kind === 'mutation') ? 'mutation' : 'query',
    operation: names.size === 1 ? operations[0]!.name : '',
    fields: [...new Set(operations.flatMap(({ facts }) => facts))].sort(),
  };
}
