import { createHash } from 'node:crypto';
import { parseJsonText } from '../json/strict-json.js';
import { noBody } from '../request/body-facts.js';
import { formText, parseFormPairs } from '../request/form-pairs.js';
import { jsonBody, type RequestBody } from '../request/request-body.js';
import { RequestFault } from '../request/request-fault.js';
import { GraphqlEndpoint, type GraphqlRequest } from './graphql-endpoint.js';

const schema = `
  interface Person { id: ID! email: String }
  type Customer implements Person { id: ID! email: String orders(sort: String): [[Order!]!] }
  type Clerk implements Person { id: ID! email: String }
  type Order { id: ID! buyer: Customer }
  union Hit = Customer | Order
  input Filter { email: String, name: String }
  type Query { customer(id: ID, where: Filter): Customer people: [Person!]! search(text: String): [Hit] }
  type Mutation { rename(id: ID!, email: String): Customer remove(id: ID!): Boolean }
`;
const typed = new GraphqlEndpoint({ path: '/graphql', schema, persisted: {} });
const untyped = new GraphqlEndpoint({ path: '/graphql', persisted: { known: '{ customer { email } }' } });
const emptyBody: RequestBody = {
  content: { kind: 'none' },
  facts: noBody,
  forward: 'none',
  contentType: undefined,
  text: '',
};
const email = { type: 'Customer', name: 'email', above: [] };

function post(endpoint: GraphqlEndpoint, envelope: unknown): GraphqlRequest {
  const text = JSON.stringify(typeof envelope === 'string' ? { query: envelope } : envelope);
  return endpoint.read('POST', [], jsonBody(parseJsonText(text, { depth: 64 }), 'application/json'));
}
function refused(read: () => unknown): number {
  try {
    read();
  } catch (error) {
    if (error instanceof RequestFault) return error.status;
    throw error;
  }
  return 0;
}

test('facts name the kind, the operation and every field by its type, through fragments and aliases', () => {
  const { facts } = post(
    typed,
    'query Q { c: customer(id: 1) { ...F } search { ... on Order { id } } } fragment F on Customer { m: email }',
  );
  expect(facts).toEqual({
    kind: 'query',
    operation: 'Q',
    fields: ['Customer.email', 'Order.id', 'Person.email', 'Query.customer', 'Query.search'],
  });
});

test('without a schema a field is known by what it stands in', () => {
  const { facts } = post(untyped, '{ a: customers { ... on Customer { b: email } } }');
  expect(facts.fields).toEqual(['Customer.email', 'Query.customers', 'customers.email']);
});

test('HT-16 a masked field is found under every alias, list, interface and union, and nothing else is', () => {
  expect(post(typed, '{ a: customer { b: email orders { id buyer { email } } } }').places(email)).toEqual([
    '$.data.a.b',
    '$.data.a.orders[*][*].buyer.email',
  ]);
  expect(post(typed, '{ people { e: email } }').places(email)).toEqual(['$.data.people[*].e']);
  expect(post(typed, '{ search { ... on Customer { x: email } } }').places(email)).toEqual(['$.data.search[*].x']);
  expect(post(typed, '{ people { ... on Clerk { email } } }').places(email)).toEqual([]);
  expect(post(typed, '{ customer { id } }').places(email)).toEqual([]);
});

test('HT-16 without a schema a masked field is every field of that name, whatever it is called in the answer', () => {
  expect(post(untyped, '{ customer { zip: email } }').places(email)).toEqual(['$..zip', '$..email']);
  const byPath = { name: 'email', above: ['data', 'customer'] };
  expect(post(untyped, '{ customer { zip: email } }').places(byPath)).toEqual(['$..zip']);
  expect(post(untyped, '{ c: customer { email } }').places(byPath)).toEqual(['$..email']);
});

test('HT-16 every operation of a batch is judged, and one mutation makes it one', () => {
  const { facts, places } = post(typed, [
    { query: '{ c: customer { email } }' },
    { query: 'mutation { remove(id: 1) }' },
  ]);
  expect(facts.kind).toBe('mutation');
  expect(facts.fields).toEqual(expect.arrayContaining(['Customer.email', 'Mutation.remove']));
  expect(places(email)).toEqual(['$[*].data.c.email']);
});

test('HT-16 of several operations the chosen one is judged and is all that goes on', () => {
  const query = 'query Safe { customer { id } } mutation Evil { remove(id: 1) } fragment Unused on Customer { id }';
  expect(refused(() => post(untyped, { query }))).toBe(400);
  const safe = post(untyped, { query, operationName: 'Safe' });
  expect(safe.facts.kind).toBe('query');
  expect(String(safe.body!.forward)).not.toContain('remove');
  expect(post(untyped, { query, operationName: 'Evil' }).facts.kind).toBe('mutation');
  expect(refused(() => post(untyped, { query, operationName: 'Other' }))).toBe(400);
});

test('HT-16 introspection is a fact', () => {
  expect(post(typed, '{ __schema { types { name } } }').facts.fields).toContain('__schema');
  expect(post(untyped, '{ x: __type(name: "A") { name } }').facts.fields).toContain('__type');
});

test('HT-16 a persisted operation runs only when its hash is known here', () => {
  const byHash = (sha256Hash: string, query?: string) => ({
    query,
    extensions: { persistedQuery: { version: 1, sha256Hash } },
  });
  expect(refused(() => post(untyped, byHash('other')))).toBe(400);
  expect(post(untyped, byHash('known')).facts.fields).toContain('customer.email');
  expect(post(untyped, { documentId: 'known' }).facts.fields).toContain('customer.email');
  expect(refused(() => post(untyped, { documentId: 'known', query: '{ a }' }))).toBe(400);
  expect(refused(() => post(untyped, { documentId: 'toString' }))).toBe(400);
  expect(refused(() => post(untyped, byHash('known', '{ other }')))).toBe(400);
  const query = '{   other }';
  const registering = post(untyped, byHash(createHash('sha256').update(query).digest('hex'), query));
  expect(String(registering.body!.forward)).not.toContain('persistedQuery');
});

test('HT-16 GET may query; a mutation, a subscription, a form and an unknown member are refused', () => {
  const get = (query: string) => untyped.read('GET', parseFormPairs(query, 'query'), emptyBody);
  const found = get('query=%7Bcustomer%7Bemail%7D%7D&variables=%7B%22a%22%3A1%7D');
  expect(found.bodyFacts.values).toContain('$.variables.a=1');
  expect(decodeURIComponent(formText(found.query!))).toBe('query={\n  customer {\n    email\n  }\n}&variables={"a":1}');
  expect(refused(() => get('query=mutation%7Bremove%7D'))).toBe(405);
  expect(refused(() => get('query=%7Ba%7D&query=%7Bb%7D'))).toBe(400);
  expect(refused(() => post(untyped, 'subscription { a }'))).toBe(400);
  expect(refused(() => post(untyped, { query: '{ a }', doc_id: '7' }))).toBe(400);
  expect(refused(() => post(untyped, 'type A { b: C }'))).toBe(400);
  expect(refused(() => untyped.read('POST', [], { ...emptyBody, content: { kind: 'multipart' } }))).toBe(415);
  expect(refused(() => untyped.read('PUT', [], emptyBody))).toBe(405);
});

test('HT-16 what does not fit the schema, is nested too deeply or multiplies is refused', () => {
  expect(refused(() => post(typed, '{ customer { ssn } }'))).toBe(400);
  expect(refused(() => post(untyped, '{ a '.repeat(40) + '}'.repeat(40)))).toBe(400);
  const bomb = Array.from({ length: 24 }, (_, i) => `fragment F${i} on A { ...F${i + 1} ...F${i + 1} }`).join(' ');
  expect(refused(() => post(untyped, `{ ...F0 } ${bomb} fragment F24 on A { a }`))).toBe(400);
  expect(refused(() => post(untyped, '{ ...F } fragment F on A { ...F }'))).toBe(400);
  expect(refused(() => post(untyped, `{ ${'a '.repeat(20_000)} }`))).toBe(400);
});

test('HT-16 a masked field must not be what a query filters or sorts by', () => {
  const where = 'query Q($w: Filter = {email: "a"}) { customer(where: $w) { id } }';
  for (const envelope of [
    { query: '{ customer(where: {email: "a"}) { id } }' },
    { query: 'query Q($w: Filter) { customer(where: $w) { id } }', variables: { w: { email: 'a' } } },
    { query: where },
    { query: '{ customer { orders(sort: "EMAIL_asc") { id } } }' },
    { query: 'mutation { rename(id: 1) { orders(sort: "email") { id } } }' },
  ]) {
    expect(post(typed, envelope).defeatsMask(email)).toBe(true);
  }
  expect(post(typed, '{ customer(where: {name: "a"}) { email } }').defeatsMask(email)).toBe(false);
  expect(post(typed, 'mutation { rename(id: 1, email: "new") { id } }').defeatsMask(email)).toBe(false);
  expect(post(untyped, '{ customer @rename(to: "x") { email } }').defeatsMask(email)).toBe(true);
});

test.each([
  'customer.email',
  '-buyer.email',
  'id,email',
  'BUYER_BY_BUYER_ID__EMAIL_ASC',
  'buyer__email',
  `${'id,'.repeat(50)}email`,
  `email${' '.repeat(70)}`,
])('HT-16 a masked field is not sorted by through what holds it, among others or padded: %s', (sort) => {
  const ofText = { query: `{ customer { orders(sort: ${JSON.stringify(sort)}) { id } } }` };
  const ofVariable = { query: 'query Q($s: String) { customer { orders(sort: $s) { id } } }', variables: { s: sort } };
  for (const envelope of [ofText, ofVariable]) expect(post(typed, envelope).defeatsMask(email)).toBe(true);
});

test('HT-16 arguments that name a masked field behind what holds it count, and names alike in part do not', () => {
  const asks = (name: string) => post(untyped, `{ orders(${name}: "x") { id } }`).defeatsMask(email);
  for (const name of ['buyer__email', 'buyer_Email_Icontains', 'buyer__email_gt']) expect(asks(name)).toBe(true);
  for (const name of ['no_email_yet', 'HAS_EMAIL', 'voicemail']) expect(asks(name)).toBe(false);
});

test('what a mutation is given may speak of a field that the target must not be given', () => {
  const gives = (text: string) => post(untyped, `mutation { ask(text: "${text}") { id } }`).gives(email);
  expect(gives('is there an email?')).toBe(false);
});

test('HT-02 a path that some servers take for the endpoint is refused', () => {
  expect(typed.serves('/graphql')).toBe(true);
  expect(typed.serves('/orders')).toBe(false);
  for (const path of ['/GraphQL', '/graphql/']) expect(refused(() => typed.serves(path))).toBe(400);
});
