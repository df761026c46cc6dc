import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { ListenAddress } from '../config.js';

export interface HealthSources {
  /** What stands in the way of serving; nothing when ready. */
  readonly obstacles: () => readonly string[];
  readonly metrics: Registry;
}

/** `/healthz`: the process runs. `/readyz`: it can serve, or why not. `/metrics`: for Prometheus. Holds no secrets. */
export class HealthServer {
  readonly #server: Server;

  constructor(private readonly sources: HealthSources) {
    this.#server = createServer({ requestTimeout: 10_000 }, (request, response) => {
      const path = request.url?.split('?', 1)[0];
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return answer(response, 405, { status: 'method not allowed' });
      if (path === '/healthz') return answer(response, 200, { status: 'ok' });
      if (path === '/readyz') return this.#ready(response);
      if (path === '/metrics') return void this.#metrics(response);
      answer(response, 404, { status: 'not found' });
    });
  }

  /** @returns the port. */
  async start({ host, port }: ListenAddress): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #ready(response: ServerResponse): void {
    const obstacles = this.sources.obstacles();
    answer(response, obstacles.length === 0 ? 200 : 503, {
      status: obstacles.length === 0 ? 'ready' : 'not ready',
      obstacles,
    });
  }

  async #metrics(response: ServerResponse): Promise<void> {
    try {
      const text = await this.sources.metrics.metrics();
      response.writeHead(200, { 'content-type': this.sources.metrics.contentType }).end(text);
    } catch {
      answer(response, 500, { status: 'metrics failed' });
    }
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
