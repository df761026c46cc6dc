import fc from 'fast-check';
import { buildSchema, graphql } from 'graphql';
import { obligations, shop, shown, understood } from '../testing/inspected.js';

const sdl = `
  interface Person { id: ID email: String friends: [Person] }
  type Customer implements Person { id: ID email: String friends: [Person] orders: [[Order]] }
  type Clerk implements Person { id: ID email: String friends: [Person] }
  type Order { id: ID buyer: Customer seller: Clerk }
  union Hit = Customer | Order
  type Query { customer: Customer people: [Person] search: [Hit] }
`;
const secret = 'canary-of-a-customer';

const clerk = { __typename: 'Clerk', id: 'k', email: 'clerk', friends: () => [customer] };
const order = { __typename: 'Order', id: 'o', buyer: () => customer, seller: clerk };
const customer = {
  __typename: 'Customer',
  id: 'c',
  email: secret,
  friends: () => [clerk, customer, null],
  orders: () => [[order], null],
};
const rootValue = { customer, people: [clerk, customer], search: [customer, order] };

const fieldsOf: Record<string, Record<string, string>> = {
  Query: { customer: 'Customer', people: 'Person', search: 'Hit' },
  Person: { id: '', email: '', friends: 'Person' },
  Customer: { id: '', email: '', friends: 'Person', orders: 'Order' },
  Clerk: { id: '', email: '', friends: 'Person' },
  Order: { id: '', buyer: 'Customer', seller: 'Clerk' },
  Hit: {},
};
const narrower: Record<string, readonly string[]> = {
  Person: ['Customer', 'Clerk', 'Person'],
  Hit: ['Customer', 'Order', 'Person'],
  Customer: ['Person'],
};

/** A selection of a type; each alias is fresh, so nothing conflicts. */
function selection(type: string, depth: number, names: { next: number }): fc.Arbitrary<string> {
  const field = fc.constantFrom(...Object.keys(fieldsOf[type]!), '__typename').chain((name) => {
    const inner = fieldsOf[type]![name] ?? '';
    const named = fc.constant(null).map(() => `a${(names.next += 1)}: ${name}`);
    if (inner === '') return named;
    if (depth === 0) return fc.constant('__typename');
    return fc.tuple(named, selection(inner, depth - 1, names)).map(([head, body]) => `${head} { ${body} }`);
  });
  const narrow = fc
    .constantFrom(...(narrower[type] ?? [type]))
    .chain((to) =>
      depth === 0
        ? fc.constant('__typename')
        : selection(to, depth - 1, names).map((body) => `... on ${to} { ${body} }`),
    );
  return fc.array(fc.oneof(field, narrow), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' '));
}

test.each([
  ['with its schema', sdl],
  ['without one', undefined],
])('HT-16 whatever a query is like, the answer of a real server holds no masked value, %s', async (_, schema) => {
  const target = shop({ graphql: { path: '/g', ...(schema && { schema }), persisted: {} } }, [
    { schemaField: 'Customer.email' },
  ]);
  const executable = buildSchema(sdl);
  let found = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constant({ next: 0 }).chain((names) => selection('Query', 4, names)),
      async (body) => {
        const query = `{ ${body} }`;
        const request = await understood(target, {
          method: 'POST',
          path: '/g',
          headers: [['content-type', 'application/json']],
          body: JSON.stringify({ query }),
        });
        const { query: forwarded } = JSON.parse(String(request.forward.body)) as { query: string };
        const answer = JSON.stringify(await graphql({ schema: executable, source: forwarded, rootValue }));
        if (answer.includes(secret)) found += 1;
        const masked = shown(
          request.answer(obligations(request)),
          { headers: [['content-type', 'application/json']] },
          answer,
        );
        expect(masked!.body).not.toContain(secret);
      },
    ),
    { numRuns: 300 },
  );
  expect(found).toBeGreaterThan(20);
});
