import { operationFields } from './operation-fields.js';
import { OpenApiFault, parseOpenApi } from './openapi-document.js';

const shop = `
openapi: 3.1.0
info: {title: Shop, version: '1'}
servers: [{url: 'https://api.example.com/{base}', variables: {base: {default: v1}}}]
paths:
  /customers:
    get:
      responses:
        '200':
          content:
            application/json:
              schema: {type: object, properties: {items: {type: array, items: {$ref: '#/components/schemas/Customer'}}}}
        4XX: {content: {application/problem+json: {schema: {type: object, properties: {title: {type: string}}}}}}
    post:
      requestBody: {$ref: '#/components/requestBodies/NewCustomer'}
      responses: {'204': {description: done}}
  /orders/{id}:
    get:
      responses:
        '200': {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
  /tree:
    get:
      responses:
        default: {content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}}
  /anything:
    get:
      responses: {'200': {content: {application/json: {schema: {}}}}}
  /export:
    get:
      responses: {'200': {content: {text/csv: {schema: {type: string}}}}}
  /photo:
    get:
      responses: {'200': {content: {image/png: {schema: {type: string, format: binary}}}}}
components:
  requestBodies:
    NewCustomer: {content: {application/json: {schema: {$ref: '#/components/schemas/Customer'}}}}
  schemas:
    Person: {type: object, discriminator: {propertyName: kind}, properties: {kind: {type: string}, email: {type: string}}}
    Customer: {allOf: [{$ref: '#/components/schemas/Person'}, {type: object, properties: {'home.phone': {type: string}}}]}
    Order:
      type: object
      properties:
        id: {type: integer}
        buyer: {oneOf: [{$ref: '#/components/schemas/Person'}, {type: 'null'}]}
        notes: {type: object, additionalProperties: {$ref: '#/components/schemas/Customer'}}
    Tree: {type: object, properties: {email: {type: string}, children: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}
`;
const coordinates = [
  { type: 'Customer', field: 'email' },
  { type: 'Customer', field: 'home.phone' },
  { type: 'Tree', field: 'email' },
];

function fieldsOf(route: string): { request: unknown; response: unknown; documents: (status: number) => boolean } {
  const document = parseOpenApi(shop);
  const operation = document.operations.find((known) => known.routes.some((r) => `${r.method} ${r.path}` === route))!;
  const { request, response, documents } = operationFields(document, operation, coordinates);
  const plain = (found: typeof request) => ({
    open: found.open,
    places: Object.fromEntries([...found.places].map(([index, places]) => [index, [...places].sort()])),
  });
  return { request: plain(request), response: plain(response), documents };
}

test('routes stand below the servers of the document, never on its hosts', () => {
  const routes = parseOpenApi(shop).operations.flatMap(({ routes }) => routes.map((r) => `${r.method} ${r.path}`));
  expect(routes).toContain('GET /v1/orders/{id}');
  expect(routes).toHaveLength(7);
  const mounted = parseOpenApi(shop, '/v1').operations.flatMap(({ routes }) => routes.map((r) => r.path));
  expect(mounted).toContain('/orders/{id}');
});

test('a classified field is found through references, compositions and lists, by the name of its schema', () => {
  const found = fieldsOf('GET /v1/customers');
  expect(found.response).toEqual({
    open: false,
    places: { 0: ['$.items[*].email'], 1: [`$.items[*]['home.phone']`] },
  });
  expect([200, 404, 500].map(found.documents)).toEqual([true, true, false]);
  expect(fieldsOf('POST /v1/customers').request).toEqual({
    open: false,
    places: { 0: ['$.email'], 1: [`$['home.phone']`] },
  });
});

test('what may stand in the place of a schema with a discriminator is looked through too', () => {
  expect(fieldsOf('GET /v1/orders/{id}').response).toEqual({
    open: false,
    places: {
      0: ['$.buyer.email', '$.notes.*.email'],
      1: [`$.buyer['home.phone']`, `$.notes.*['home.phone']`],
    },
  });
});

test('recursion and free-form content leave the place open', () => {
  expect(fieldsOf('GET /v1/tree').response).toEqual({ open: true, places: { 2: ['$.email'] } });
  expect(fieldsOf('GET /v1/anything').response).toEqual({ open: true, places: {} });
  expect(fieldsOf('GET /v1/export').response).toEqual({ open: true, places: {} });
  expect(fieldsOf('GET /v1/photo').response).toEqual({ open: false, places: {} });
});

test('what is no document is refused', () => {
  for (const text of ['', '[]', '{"openapi":"2.0"}', 'openapi: [', '{"openapi":"3.0.0","paths":{"/a?b":{"get":{}}}}']) {
    expect(() => parseOpenApi(text)).toThrow(OpenApiFault);
  }
});
