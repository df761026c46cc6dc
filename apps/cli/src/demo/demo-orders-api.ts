import { createHash, timingSafeEqual } from 'node:crypto';
import http from 'node:http';

interface Order {
  readonly id: number;
  readonly item: string;
  readonly status: string;
  readonly customer: { readonly name: string; readonly email: string; readonly card: string };
}

const names = ['Ada', 'Ben', 'Cleo', 'Dev', 'Eve'];

function sampleOrders(): Map<number, Order> {
  const orders = Array.from({ length: 20 }, (_, index): Order => {
    const id = index + 1;
    const name = names[index % names.length]!;
    const customer = { name, email: `${name.toLowerCase()}${id}@example.com`, card: `4000 0000 0000 ${1000 + id}` };
    return { id, item: `item ${id}`, status: 'new', customer };
  });
  return new Map(orders.map((order) => [order.id, order]));
}

/** The HTTP service that the demo shows: orders in memory, for whoever has the one token. Listens on loopback. */
export async function startDemoOrdersApi({
  port,
  token,
}: {
  readonly port: number;
  readonly token: string;
}): Promise<{ stop(): Promise<void> }> {
  const orders = sampleOrders();
  const server = http.createServer((request, response) => {
    request.resume();
    const answer = hasToken(request, token) ? route(orders, request) : { status: 401, body: { error: 'unauthorized' } };
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.body === undefined ? undefined : `${JSON.stringify(answer.body)}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function route(
  orders: Map<number, Order>,
  { method, url }: http.IncomingMessage,
): { readonly status: number; readonly body?: unknown } {
  if (method === 'GET' && url === '/orders') return { status: 200, body: { items: [...orders.values()] } };
  if (method === 'GET' && url === '/admin/export') return { status: 200, body: [...orders.values()] };
  const id = Number(/^\/orders\/(\d{1,9})$/.exec(url ?? '')?.[1]);
  const order = orders.get(id);
  if (!order) return { status: 404, body: { error: 'no such order' } };
  if (method === 'GET') return { status: 200, body: order };
  if (method !== 'DELETE') return { status: 405, body: { error: 'method not allowed' } };
  orders.delete(id);
  return { status: 200, body: { deleted: id } };
}

function hasToken({ headers }: http.IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}
