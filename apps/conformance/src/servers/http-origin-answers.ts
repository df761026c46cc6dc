import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { buildSchema, graphql } from 'graphql';
import type { SeenRequest } from './http-origin.js';

export interface Customer {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly ssn: string;
}

/** What the service holds; whatever changes here was done to it. */
export interface OriginState {
  readonly customers: readonly Customer[];
  /** Who may ask for nothing at `/admin` sees it nowhere. */
  readonly secret: string;
  /** By id. */
  readonly orders: Map<string, string>;
}

interface Asked {
  /** Without what the resource's address has in front. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: SeenRequest;
  readonly response: ServerResponse;
  readonly state: OriginState;
}
interface Answer {
  readonly path: RegExp;
  give(asked: Asked): void | Promise<void>;
}

const json = { 'content-type': 'application/json' };
const send = (response: ServerResponse, body: string | Buffer, headers: Record<string, string> = {}): void => {
  const length = String(Buffer.byteLength(body));
  response.writeHead(200, { ...json, 'content-length': length, ...headers }).end(body);
};
const customersText = ({ customers }: OriginState): string => JSON.stringify(customers);

/** A service's ways to answer, and to answer wrongly. */
export const answers: readonly Answer[] = [
  { path: /^\/customers$/, give: ({ response, state }) => send(response, customersText(state), { etag: '"c1"' }) },
  {
    path: /^\/customers\/\d+$/,
    give: ({ path, response, state }) => {
      const found = state.customers.find(({ id }) => path.endsWith(`/${id}`));
      if (found) send(response, JSON.stringify(found), { 'set-cookie': 'origin=1; Path=/; Domain=example.com' });
      else response.writeHead(404, json).end('{"error":"no such customer"}');
    },
  },
  { path: /^\/admin/, give: ({ response, state }) => send(response, JSON.stringify({ secret: state.secret })) },
  { path: /^\/orders(\/.*)?$/, give: (asked) => orders(asked) },
  { path: /^\/public\b/, give: ({ response }) => send(response, '{"public":true}') },
  {
    path: /^\/echo/,
    give: ({ request, response }) =>
      send(response, JSON.stringify({ method: request.method, headers: request.headers, body: request.body })),
  },
  { path: /^\/coded\/\w+$/, give: (asked) => coded(asked) },
  { path: /^\/moved$/, give: ({ query, response }) => moved(response, query.get('to')!) },
  {
    path: /^\/page$/,
    give: ({ response }) =>
      send(response, '<script>fetch("/v1/whoami")</script>', {
        'content-type': 'text/html',
        'set-cookie': 'stolen=1; Path=/',
        'service-worker-allowed': '/',
      }),
  },
  { path: /^\/me\/.*$/, give: ({ response, state }) => cached(response, JSON.stringify(state.customers[0])) },
  { path: /^\/big$/, give: ({ query, response }) => big(response, Number(query.get('bytes')), query.get('kind')) },
  { path: /^\/events$/, give: ({ query, response, state }) => events(response, state, query) },
  { path: /^\/shaped$/, give: ({ query, response, state }) => shaped(response, state, query.get('shape')!) },
  { path: /^\/hang$/, give: () => undefined },
  { path: /^\/gone$/, give: ({ response }) => void response.socket!.destroy() },
  {
    path: /^\/cut$/,
    give: ({ response }) => {
      response.writeHead(200, { ...json, 'content-length': '1000000' }).write('x'.repeat(100_000));
      setTimeout(() => response.socket?.destroy(), 100);
    },
  },
  { path: /^\/graphql$/, give: (asked) => graph(asked) },
];

function orders({ path, request, response, state }: Asked): void {
  const id = path.split('/')[2] ?? '';
  if (request.method === 'DELETE') state.orders.delete(id);
  else if (request.method === 'PATCH') state.orders.set(id, request.body);
  else if (request.method === 'POST') state.orders.set(`new-${state.orders.size}`, request.body);
  send(response, JSON.stringify(id ? { id, item: state.orders.get(id) ?? null } : { count: state.orders.size }));
}

function coded({ path, response, state }: Asked): void {
  const kind = path.slice('/coded/'.length);
  const text = customersText(state);
  const as = (coding: string, body: Buffer | string): void => send(response, body, { 'content-encoding': coding });
  const whole = gzipSync(text);
  const forms: Record<string, () => void> = {
    gzip: () => as('gzip', whole),
    br: () => as('br', brotliCompressSync(text)),
    deflate: () => as('deflate', deflateSync(text)),
    zstd: () => as('zstd', zstdCompressSync(text)),
    twice: () => as('gzip, gzip', gzipSync(whole)),
    unknown: () => as('compress', text),
    mislabelled: () => as('br', text),
    truncated: () => as('gzip', whole.subarray(0, whole.length - 20)),
    bomb: () => as('gzip', gzipSync(Buffer.alloc(60_000_000, 0x20))),
  };
  forms[kind]?.();
}

function moved(response: ServerResponse, location: string): void {
  response.writeHead(302, { location, 'content-length': '0' }).end();
}

function cached(response: ServerResponse, body: string): void {
  send(response, body, { 'cache-control': 'public, max-age=3600', 'last-modified': new Date(0).toUTCString() });
}

/** `kind` rows: JSON with a classified value in every row; otherwise bytes of no kind. */
function big(response: ServerResponse, bytes: number, kind: string | null): void {
  const rows = kind === 'rows';
  const row = `{"id":1,"note":"${'n'.repeat(900)}","email":"somebody@example.com"}`;
  const piece = rows ? Buffer.from(`${row},`.repeat(64)) : Buffer.alloc(65_536, 0x78);
  response.writeHead(200, rows ? json : { 'content-type': 'application/octet-stream' });
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      left -= piece.length;
      if (!response.write(piece)) return void response.once('drain', more);
    }
    response.end(rows ? `${row}]` : undefined);
  };
  if (rows) response.write('[');
  response.on('error', () => undefined);
  more();
}

/** Customers as events, cut at places that say nothing; endless without `n`. */
function events(response: ServerResponse, state: OriginState, query: URLSearchParams): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const next = (): void => {
    const customer = state.customers[sent % state.customers.length];
    const text = `id: ${sent}\ndata: ${JSON.stringify(customer)}\n\n`;
    for (let at = 0; at < text.length; at += 7) response.write(text.slice(at, at + 7));
    sent += 1;
    if (sent === Number(query.get('n'))) return void response.end();
    timer.refresh();
  };
  const timer = setTimeout(next, 20);
  response.on('close', () => clearTimeout(timer));
}

/** Documents that are not what a plain reader takes them for. */
function shaped(response: ServerResponse, state: OriginState, shape: string): void {
  const text = JSON.stringify(state.customers[0]);
  const { email, ssn } = state.customers[0]!;
  const forms: Record<string, readonly [Buffer | string, string]> = {
    duplicate: [`{"email":"x","email":"${email}"}`, 'application/json'],
    proto: [`{"__proto__":${text}}`, 'application/json'],
    bom: [`\ufeff${text}`, 'application/json'],
    utf16: [Buffer.from(text, 'utf16le'), 'application/json; charset=utf-16'],
    sniffed16: [Buffer.from(`\ufeff${text}`, 'utf16le'), 'application/json'],
    comment: [`/* ${ssn} */ ${text}`, 'application/json'],
    single: [text.replaceAll('"', "'"), 'application/json'],
    case: [text.replace('email', 'EMAIL').replace('ssn', 'Ssn'), 'application/json'],
    escaped: [text.replace('email', '\\u0065mail').replace('ssn', 's\\u0073n'), 'application/json'],
    deep: [`${'['.repeat(5000)}${text}${']'.repeat(5000)}`, 'application/json'],
    jsonp: [`callback(${text})`, 'application/javascript'],
    prefixed: [`)]}'\n${text}`, 'application/json'],
    lines: [`${text}\n${text}\n`, 'application/x-ndjson'],
    plain: [text, 'text/plain'],
    none: [text, ''],
    page: [`<td>email</td><td>${email}</td><td>${ssn}</td>`, 'text/html'],
    csv: [`id,email,ssn\n1,${email},${ssn}\n`, 'text/csv'],
    binary: [text, 'application/octet-stream'],
    trailing: [`{} ${text}`, 'application/json'],
    truncated: [text.slice(0, -4), 'application/json'],
    form: [`email=${email}&ssn=${ssn}`, 'application/x-www-form-urlencoded'],
  };
  const [body, type] = forms[shape]!;
  response.writeHead(200, type ? { 'content-type': type } : {}).end(body);
}

export const graphqlSchema = `
type Customer { id: Int! name: String email: String ssn: String friend: Customer }
type Query { customers(email: String): [Customer] customer(id: Int!): Customer secret: String }
type Mutation { remove(id: Int!): Int }
type Subscription { changes: Customer }`;
const schema = buildSchema(graphqlSchema);

async function graph({ request, query, response, state }: Asked): Promise<void> {
  const asked =
    request.method === 'GET'
      ? [{ query: query.get('query')!, operationName: query.get('operationName') }]
      : ([JSON.parse(request.body)].flat() as { query: string; variables?: object; operationName?: string }[]);
  const people = state.customers.map((each) => ({ ...each, friend: () => people[each.id % people.length] }));
  const rootValue = {
    customers: ({ email }: { email?: string }) => people.filter((each) => email === undefined || each.email === email),
    customer: ({ id }: { id: number }) => people.find((each) => each.id === id),
    secret: () => state.secret,
    remove: ({ id }: { id: number }) => (state.orders.delete(String(id)) ? id : 0),
  };
  const results = await Promise.all(
    asked.map(({ query: source, operationName, ...rest }) => {
      const { variables } = rest as { variables?: Record<string, unknown> };
      return graphql({ schema, source, rootValue, operationName, variableValues: variables });
    }),
  );
  send(response, JSON.stringify(request.body.startsWith('[') ? results : results[0]));
}
