import type { ContextRecord } from '@sallyport/domain';
import type { HeaderField } from '@sallyport/http-wire';
import type { GraphqlFacts } from '../graphql/graphql-endpoint.js';
import type { BodyFacts } from './body-facts.js';
import type { FormPair } from './form-pairs.js';

export interface HttpFacts {
  readonly method: string;
  /** Canonical, without its query: what the resource is asked, below where it is mounted. */
  readonly path: string;
  /** The template that the path fits; empty: none. */
  readonly route: string;
  /** Of the resource, as configured; never what the client claims. */
  readonly host: string;
  readonly query: readonly FormPair[];
  /** Those that are forwarded and none else: policy decides on what the upstream sees. */
  readonly headers: readonly HeaderField[];
  readonly upgrade: string;
  readonly contentType: string;
  readonly body: BodyFacts;
  readonly graphql: GraphqlFacts;
}

/** `context` of an HTTP request, in the attributes and types of the policy schema. Sets are sorted: equal requests read equal. */
export function httpContext(facts: HttpFacts): ContextRecord {
  const { method, path, route, host, query, headers, upgrade, contentType, body, graphql } = facts;
  return {
    http: {
      method,
      path,
      route,
      host,
      query: {
        names: sorted(query.map(([name]) => name)),
        values: sorted(query.map(([name, value]) => `${name}=${value ?? ''}`)),
      },
      headers: sorted(headers.map(([name, value]) => `${name}=${value}`)),
      upgrade,
      contentType,
      bodyKnown: body.known,
      body: body.values,
      bodyPaths: body.paths,
      graphql: { kind: graphql.kind, operation: graphql.operation, fields: graphql.fields },
    },
  };
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
