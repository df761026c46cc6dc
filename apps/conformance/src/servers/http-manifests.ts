import { graphqlSchema } from './http-origin-answers.js';

/** Where the resources of the scenarios lead. */
export interface HttpTargets {
  readonly origin: number;
  readonly secure: number;
  readonly nginx: number;
  /** Nothing listens there. */
  readonly nobody: number;
  /** Of the authority that signed the secure origin's certificate. */
  readonly authority: string;
}

/** The text with which the gateway proves itself to every origin; no client ever sees it. */
export interface HttpCredential {
  readonly bearer: string;
}

export const persistedHash = 'a'.repeat(64);

const described = {
  openapi: '3.1.0',
  info: { title: 'Customers', version: '1' },
  paths: {
    '/customers': {
      get: {
        responses: {
          200: { description: 'all', content: { 'application/json': { schema: listOf('Customer') } } },
        },
      },
    },
    '/customers/{id}': {
      get: {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
        responses: {
          200: { description: 'one', content: { 'application/json': { schema: reference('Customer') } } },
        },
      },
    },
  },
  components: {
    schemas: {
      Customer: {
        type: 'object',
        properties: {
          id: { type: 'integer' },
          name: { type: 'string' },
          email: { type: 'string' },
          ssn: { type: 'string' },
        },
      },
    },
  },
};
function reference(name: string): object {
  return { $ref: `#/components/schemas/${name}` };
}
function listOf(name: string): object {
  return { type: 'array', items: reference(name) };
}

const routes = [
  'GET /customers',
  'GET /customers/{id}',
  '/orders',
  '/orders/{id}',
  'GET /public',
  'GET /public/{path+}',
  'GET /coded/{kind}',
  'GET /moved',
  'GET /page',
  'GET /me/{path+}',
  'GET /big',
  'GET /events',
  'GET /shaped',
  '/echo',
  'GET /admin',
];

const policies: Record<string, string> = {
  // `/admin` is a route like the others, and nobody is permitted to take it.
  'ci-takes-routes': `permit (principal in Group::"ci", action == Action::"request", resource == Resource::"shop")
     when { context.http.route != "" && ["GET", "HEAD", "POST"].contains(context.http.method) };
     @reason("administration has its own door")
     forbid (principal, action == Action::"request", resource) when { context.http.route like "/admin*" };`,
  'ci-elsewhere': `permit (principal in Group::"ci", action == Action::"request", resource)
     when { resource in [Resource::"open", Resource::"edge", Resource::"graph", Resource::"described", Resource::"dead",
        Resource::"untrusted", Resource::"trusted", Resource::"plane"] }
     unless { context.http.path like "/admin*" || context.http.method == "DELETE" || context.http.graphql.kind == "mutation"
       || context.http.graphql.fields.contains("Query.secret") };`,
  'ci-deletes-after-approval': `@approval("dba") @reason("deletes need a second pair of eyes")
     permit (principal in Group::"ci", action == Action::"request", resource)
     when { resource in [Resource::"shop", Resource::"edge", Resource::"graph"] }
     when { context.http.method == "DELETE" || context.http.graphql.kind == "mutation" };`,
  'ci-patches-quickly': `@approval("dba") @expires("2s") @reason("patches are approved at once or not at all")
     permit (principal in Group::"ci", action == Action::"request", resource == Resource::"shop")
     when { context.http.method == "PATCH" };`,
  'no-big-orders': `@reason("such an amount is for people")
     forbid (principal, action == Action::"request", resource == Resource::"shop") when { context.http.body.contains("$.amount=666") };`,
  'dba-does-all': `permit (principal in Group::"dba", action in [Action::"request", Action::"reveal"], resource)
     when { resource in [Resource::"shop", Resource::"open", Resource::"edge", Resource::"graph", Resource::"described"] };`,
};

/** Resources, accounts, groups and policies of every HTTP scenario. */
export function httpManifests(targets: HttpTargets, credential: HttpCredential): string {
  const at = (port: number, path = ''): string => `http://127.0.0.1:${port}${path}`;
  const classified = [
    { path: '$..email', tags: ['pii'], mask: 'pseudonym' },
    { path: '$..ssn', tags: ['pii', 'secret'], mask: 'redact' },
  ];
  const fields = classified.map(({ path, ...rest }) => ({ field: `Customer.${path.slice(3)}`, ...rest }));
  const bearer = { bearer: { value: credential.bearer } };
  const origin = { url: at(targets.origin, '/v1') };
  const persisted = { [persistedHash]: '{ customer(id: 1) { name email } }' };
  const resources: Record<string, object> = {
    shop: { upstream: origin, credential: bearer, classification: classified, http: { routes } },
    open: { upstream: origin, credential: bearer, http: { allowHeaders: ['x-custom', 'x-forwarded-user'] } },
    edge: { upstream: { url: at(targets.nginx) }, credential: bearer },
    graph: {
      upstream: origin,
      credential: bearer,
      classification: fields,
      http: { graphql: { path: '/graphql', schema: graphqlSchema, persisted } },
    },
    described: {
      upstream: origin,
      credential: bearer,
      classification: fields,
      http: { openapi: JSON.stringify(described) },
    },
    dead: { upstream: { url: at(targets.nobody) }, credential: bearer },
    untrusted: { upstream: { url: `https://127.0.0.1:${targets.secure}` }, credential: bearer },
    trusted: { upstream: { url: `https://127.0.0.1:${targets.secure}`, ca: targets.authority }, credential: bearer },
  };
  const documents: unknown[] = [
    ...Object.entries(resources).map(([name, spec]) => ({
      kind: 'Resource',
      name,
      spec: { protocol: 'http', labels: { env: 'test' }, ...spec },
    })),
    { kind: 'ServiceAccount', name: 'ci', spec: { groups: ['ci'], owner: 'platform@example.com' } },
    { kind: 'ServiceAccount', name: 'reviewer', spec: { owner: 'database@example.com' } },
    { kind: 'ServiceAccount', name: 'operator', spec: { owner: 'operations@example.com' } },
    { kind: 'ServiceAccount', name: 'stranger', spec: { owner: 'outside@example.com' } },
    { kind: 'Group', name: 'dba', spec: { members: ['ServiceAccount::reviewer', 'ServiceAccount::operator'] } },
    ...Object.entries(policies).map(([name, cedar]) => ({ kind: 'Policy', name, spec: { cedar } })),
  ];
  // JSON is YAML: every document stands for itself.
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}
