import { apiRoutes, buildOpenApi } from './index.js';

type Json = Record<string, unknown>;
const document = buildOpenApi(apiRoutes, { version: '1.2.3', url: 'https://sallyport.test' });
const operations = Object.entries(document['paths'] as Record<string, Record<string, Json>>).flatMap(
  ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test('every route has its operation', () => {
  expect(operations).toHaveLength(apiRoutes.length);
});

test('every place in a path is a required parameter, and none is invented', () => {
  for (const { path, operation } of operations) {
    const declared = ((operation['parameters'] ?? []) as Json[]).filter((one) => one['in'] === 'path');
    expect(declared.map((one) => `{${String(one['name'])}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    expect(declared.every((one) => one['required'] === true)).toBe(true);
  }
});

test('public operations say that they need no credential, and only they', () => {
  for (const { path, method, operation } of operations) {
    const route = apiRoutes.find((one) => one.path === path && one.method === method)!;
    expect('security' in operation).toBe(route.public === true);
  }
});

test('creates take an Idempotency-Key, updates an If-Match', () => {
  const headersOf = (id: string): unknown[] => {
    const { operation } = operations.find((one) => one.operation['operationId'] === id)!;
    return ((operation['parameters'] ?? []) as Json[])
      .filter((one) => one['in'] === 'header')
      .map((one) => one['name']);
  };
  expect(headersOf('createResource')).toEqual(['Idempotency-Key']);
  expect(headersOf('updateResource')).toEqual(['If-Match']);
  expect(headersOf('deleteResource')).toEqual(['If-Match']);
  expect(headersOf('getResource')).toEqual([]);
});

test('it is plain JSON whose references all resolve', () => {
  const text = JSON.stringify(document);
  expect(JSON.parse(text)).toEqual(document);
  for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
    expect((document['components'] as { schemas: Json }).schemas).toHaveProperty(name!);
  }
  expect(text).not.toContain('$schema');
});
