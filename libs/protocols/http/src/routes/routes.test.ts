import fc from 'fast-check';
import { RouteTable } from './route-table.js';
import { parseRouteTemplate } from './route-template.js';

function table(...templates: string[]): (method: string, path: string) => string {
  const routes = new RouteTable<undefined>();
  for (const text of templates) routes.add(parseRouteTemplate(text)!, undefined);
  return (method, path) => routes.match(method, path.slice(1).split('/'))?.route.path ?? '';
}

test('a literal beats a part of a segment, that a parameter, and that the rest', () => {
  const match = table('/files/{path+}', '/files/{name}', '/files/{name}.json', '/files/index.json');
  expect(match('GET', '/files/index.json')).toBe('/files/index.json');
  expect(match('GET', '/files/a.json')).toBe('/files/{name}.json');
  expect(match('GET', '/files/a.txt')).toBe('/files/{name}');
  expect(match('GET', '/files/a/b')).toBe('/files/{path+}');
  expect(match('GET', '/files')).toBe('');
});

test('a more specific start that leads nowhere does not hide another route', () => {
  const match = table('/orders/new', '/orders/{id}/lines', '/{kind}/new/lines');
  expect(match('GET', '/orders/new/lines')).toBe('/orders/{id}/lines');
});

test('a template of the method beats one of any; HEAD takes a GET', () => {
  const match = table('/orders/{id}', 'DELETE /orders/{order}', 'GET /orders/{x}/lines');
  expect(match('DELETE', '/orders/1')).toBe('/orders/{order}');
  expect(match('PUT', '/orders/1')).toBe('/orders/{id}');
  expect(match('HEAD', '/orders/1/lines')).toBe('/orders/{x}/lines');
  expect(match('POST', '/orders/1/lines')).toBe('');
  expect(match('get', '/orders/1/lines')).toBe('');
});

test('HT-02 HT-03 a template matches whole segments of a canonical path and never an encoding, a query or a near miss', () => {
  const match = table('/public/{id}', '/a.b/c');
  for (const path of ['/public/', '/public', '/public/1/', '/Public/1', '/aXb/c', '/x/public/1', '/public/1/admin']) {
    expect(match('GET', path)).toBe('');
  }
});

test('what is no template is refused', () => {
  for (const text of [
    'orders',
    '/a?x',
    '/a#b',
    '/{a+}/b',
    '/a//b',
    '/a/../b',
    '/{',
    '/{}',
    '/a\\b',
    'GET  /a',
    '/%2e%2e',
    '/%zz',
  ]) {
    expect({ text, route: parseRouteTemplate(text) }).toEqual({ text, route: undefined });
  }
  expect(parseRouteTemplate('/caf%C3%A9')!.segments).toEqual([{ kind: 'literal', text: 'café' }]);
});

test('any literal path is found by its own template, whatever else the table holds', () => {
  const segment = fc.stringMatching(/^[a-z]{1,3}$/);
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
  const template = fc
    .array(fc.oneof(segment, fc.constant('{x}')), { minLength: 1, maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(path, fc.array(template, { maxLength: 12 }), (own, others) => {
      expect(table(...others, own)('GET', own)).toBe(own);
    }),
  );
});
