import { z } from 'zod';
import { problem } from './problem.js';
import type { ApiRoute } from './route.js';

type Json = Record<string, unknown>;

/** OpenAPI 3.1 of these routes; its schemas are the very ones that validate. */
export function buildOpenApi(
  routes: readonly ApiRoute[],
  info: { readonly version: string; readonly url: string },
): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return {
    openapi: '3.1.0',
    info: { title: 'Sallyport', version: info.version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: info.url }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A service-account key (`sp_…`) or an access token.' },
      },
      schemas: { Problem: schemaOf(problem, 'output') },
    },
  };
}

function operation(route: ApiRoute): Json {
  const { success } = route;
  const parameters = [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)];
  const headers = route.versioned && route.method !== 'delete' && { headers: { ETag: { schema: { type: 'string' } } } };
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [route.tag],
    ...(route.public && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: { required: true, content: content(route.body.types, schemaOf(route.body.schema, 'input')) },
    }),
    responses: {
      [success.status]: {
        description: success.description,
        ...headers,
        ...(success.status !== 204 &&
          success.status !== 303 && {
            content: content(
              success.type ? [success.type] : undefined,
              success.schema ? schemaOf(success.schema, 'output') : {},
            ),
          }),
      },
      default: {
        description: 'What went wrong.',
        content: route.failure
          ? content([route.failure.type], schemaOf(route.failure.schema, 'output'))
          : content(['application/problem+json'], { $ref: '#/components/schemas/Problem' }),
      },
    },
  };
}

function content(types: readonly string[] | undefined, schema: unknown): Json {
  return Object.fromEntries((types ?? ['application/json']).map((type) => [type, { schema }]));
}

function pathParameters(route: ApiRoute): Json[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter('path', name!, { type: 'string' }, true));
}

function queryParameters(route: ApiRoute): Json[] {
  if (!route.query) return [];
  const { properties = {} } = schemaOf(route.query, 'input') as { properties?: Record<string, unknown> };
  return Object.entries(properties).map(([name, schema]) => parameter('query', name, schema, false));
}

function headerParameters(route: ApiRoute): Json[] {
  const text = { type: 'string' };
  if (route.method === 'post' && !route.public) return [parameter('header', 'Idempotency-Key', text, false)];
  return route.versioned && route.method !== 'get' ? [parameter('header', 'If-Match', text, false)] : [];
}

function parameter(place: string, name: string, schema: unknown, required: boolean): Json {
  return { name, in: place, required, schema };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
