import type { BodyReader, ResponseHead, Tunnel, UpstreamExchange, UpstreamRequest, WireFault } from '../message.js';
import { UpstreamPool, type UpstreamPoolOptions } from '../upstream/upstream-pool.js';

/** How an exchange came out. */
export type Outcome =
  | { readonly kind: 'response'; readonly head: ResponseHead; readonly body: Buffer; readonly broken?: WireFault }
  | { readonly kind: 'switched'; readonly head: ResponseHead; readonly tunnel: Tunnel }
  | { readonly kind: 'failed'; readonly fault: WireFault; readonly sent: boolean };

export interface Asked {
  readonly exchange: UpstreamExchange;
  readonly outcome: Promise<Outcome>;
}

/** A pool to an origin on this machine. */
export function poolTo(port: number, options: Partial<UpstreamPoolOptions> = {}): UpstreamPool {
  return new UpstreamPool({ endpoint: { host: '127.0.0.1', port, tls: 'disable' }, ...options });
}

/** Sends a request, GET / unless told, and gathers what comes. */
export function ask(pool: UpstreamPool, request: Partial<UpstreamRequest> = {}): Asked {
  const settled: { resolve(outcome: Outcome): void } = { resolve: () => undefined };
  const outcome = new Promise<Outcome>((resolve) => (settled.resolve = resolve));
  const exchange = pool.send(asked(request), {
    response: (head, body) => {
      if (body === undefined) settled.resolve({ kind: 'response', head, body: Buffer.alloc(0) });
      else gather(head, body, settled.resolve);
    },
    switched: (head, tunnel) => settled.resolve({ kind: 'switched', head, tunnel }),
    failed: (fault, sent) => settled.resolve({ kind: 'failed', fault, sent }),
  });
  return { exchange, outcome };
}

export function asked(request: Partial<UpstreamRequest>): UpstreamRequest {
  return {
    method: 'GET',
    target: '/',
    authority: 'origin.test',
    headers: [],
    body: undefined,
    upgrade: undefined,
    ...request,
  };
}

function gather(head: ResponseHead, body: BodyReader, resolve: (outcome: Outcome) => void): void {
  const chunks: Buffer[] = [];
  body.start({
    data: (chunk) => void chunks.push(chunk),
    end: () => resolve({ kind: 'response', head, body: Buffer.concat(chunks) }),
    error: (broken) => resolve({ kind: 'response', head, body: Buffer.concat(chunks), broken }),
  });
}
