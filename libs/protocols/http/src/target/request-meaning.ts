import { createHash } from 'node:crypto';
import type { Action, ClassifiedField } from '@sallyport/domain';
import type { ForwardRequest } from '@sallyport/http-core';
import type { HeaderField, RequestHead } from '@sallyport/http-wire';
import { type GraphqlEndpoint, type GraphqlRequest, noGraphql } from '../graphql/graphql-endpoint.js';
import { formText, type FormPair } from '../request/form-pairs.js';
import { httpContext } from '../request/http-facts.js';
import type { RequestBody } from '../request/request-body.js';
import {
  chooseHeaders,
  type HeaderChoice,
  isSecret,
  reviewedHeaders,
  toldHeaders,
} from '../request/request-headers.js';
import type { Said } from '../request/request-mask.js';

/** A request in the one form in which it is judged, reviewed and forwarded. */
export interface RequestForm {
  readonly query: readonly FormPair[];
  readonly body: RequestBody;
  readonly graphql: GraphqlRequest | undefined;
}

/** @throws RequestFault where a request to the GraphQL endpoint is not understood */
export function formOf(method: string, said: Said, endpoint: GraphqlEndpoint | undefined): RequestForm {
  if (!endpoint) return { ...said, graphql: undefined };
  const graphql = endpoint.read(method, said.query, said.body);
  return { query: graphql.query ?? said.query, body: graphql.body ?? said.body, graphql };
}

export function forwardOf(
  head: RequestHead,
  form: RequestForm,
  choice: Omit<HeaderChoice, 'contentType'>,
): ForwardRequest {
  const { contentType, forward: body } = form.body;
  const query = formText(form.query);
  const forward: ForwardRequest = {
    method: head.method,
    path: query === '' ? head.target.path : `${head.target.path}?${query}`,
    headers: chooseHeaders(head.headers, { ...choice, contentType }),
    body,
  };
  return head.upgrade === undefined ? forward : { ...forward, upgrade: head.upgrade };
}

export interface ActionParts {
  readonly resource: string;
  /** Of the resource's upstream. */
  readonly host: string;
  readonly route: string;
  readonly head: RequestHead;
  readonly form: RequestForm;
  readonly forward: ForwardRequest;
  readonly fields: readonly ClassifiedField[];
}

export function actionOf({ resource, host, route, head, form, forward, fields }: ActionParts): Action {
  const { graphql, body, query } = form;
  const context = httpContext({
    method: head.method,
    path: head.target.path,
    route,
    host,
    query,
    headers: toldHeaders(forward.headers),
    upgrade: head.upgrade ?? '',
    contentType: body.contentType?.split(';', 1)[0] ?? '',
    body: graphql?.bodyFacts ?? body.facts,
    graphql: graphql?.facts ?? noGraphql,
  });
  const effects = [{ verb: 'request', object: { kind: 'Resource', resource } }] as const;
  return {
    protocol: 'http',
    kind: head.method,
    text: reviewText(forward, body.text),
    effects,
    context,
    lineage: { results: [], usedElsewhere: [], fields },
    fingerprint: JSON.stringify(['http', head.method, effects, context]),
  };
}

function reviewText(forward: ForwardRequest, body: string): string {
  const first = `${forward.method} ${forward.path}${forward.upgrade === undefined ? '' : ` (${forward.upgrade})`}`;
  const lines = [first, ...reviewedHeaders(forward.headers)];
  return body === '' ? lines.join('\n') : [...lines, '', body].join('\n');
}

/**
 * Binds an approval to what the reviewer is not shown: values masked for them, and headers that prove somebody. Undefined
 * where the text shows everything.
 */
export function hiddenBinding(forward: ForwardRequest, said: Said, masked: boolean): string | undefined {
  const hidden: HeaderField[] = forward.headers.filter(([name]) => isSecret(name));
  if (hidden.length === 0 && !masked) return undefined;
  const digest = createHash('sha256').update(JSON.stringify([hidden, said.query]));
  if (Buffer.isBuffer(said.body.forward)) digest.update(said.body.forward);
  return digest.digest('hex');
}
