import fc from 'fast-check';
import { objectId, parseDottedName } from './index.js';

const name = fc.string({ minLength: 1 });

test('a column has the id the policy language writes', () => {
  expect(objectId({ kind: 'Column', resource: 'shop', schema: 'public', table: 'customers', column: 'email' })).toBe(
    'shop/public.customers.email',
  );
});

test('two different tables never share an id', () => {
  const table = fc.record({ schema: name, table: name });
  fc.assert(
    fc.property(table, table, (a, b) => {
      const same = a.schema === b.schema && a.table === b.table;
      const ids = [a, b].map((t) => objectId({ kind: 'Table', resource: 'r', ...t }));
      expect(ids[0] === ids[1]).toBe(same);
    }),
  );
});

test('a dotted name reads back what an id wrote', () => {
  fc.assert(
    fc.property(name, name, name, (schema, table, column) => {
      const id = objectId({ kind: 'Column', resource: 'r', schema, table, column });
      expect(parseDottedName(id.slice(2))).toEqual([schema, table, column]);
    }),
  );
});

test.each(['', '.', 'a.', 'a..b', '"a', 'a"b'])('%j is not a dotted name', (text) => {
  expect(parseDottedName(text)).toBeUndefined();
});
