import type { RequestHead } from '@sallyport/http-wire';
import type { HttpProtocol } from './protocol.js';

/** Which resource a request is for, and what is left of its target then. */
export interface Route {
  readonly protocol: HttpProtocol;
  readonly resource: string;
  readonly by: 'path' | 'host';
  readonly head: RequestHead;
}

/** What resources may be called; nothing else is one. */
const resourceName = /^[a-z0-9]([a-z0-9._@-]{0,126}[a-z0-9])?$/;

/**
 * `/http/RESOURCE/...` and `/k8s/RESOURCE/...` on the gateway's own host, or `RESOURCE.<domain>` for HTTP services. On a
 * resource's own host every path is the resource's.
 */
export class Router {
  readonly #byPrefix: ReadonlyMap<string, HttpProtocol>;
  readonly #byHost: HttpProtocol | undefined;

  /** @param domain under which resources have hosts of their own; undefined: none has. */
  constructor(
    protocols: readonly HttpProtocol[],
    private readonly domain: string | undefined,
  ) {
    this.#byPrefix = new Map(protocols.map((protocol) => [protocol.prefix, protocol]));
    this.#byHost = protocols.find(({ protocol }) => protocol === 'http');
  }

  /** Undefined: there is nothing at this place. */
  route(head: RequestHead): Route | undefined {
    const own = this.#hostResource(head.authority);
    if (own !== undefined) {
      return this.#byHost && { protocol: this.#byHost, resource: own, by: 'host', head };
    }
    const [prefix = '', resource = '', ...segments] = head.target.segments;
    const protocol = this.#byPrefix.get(prefix);
    if (!protocol || !resourceName.test(resource)) return undefined;
    // The canonical form of these two segments is their own text, so this is where the rest begins.
    const path = head.target.path.slice(prefix.length + resource.length + 2) || '/';
    if (!path.startsWith('/')) return undefined;
    const target = { ...head.target, path, segments: segments.length > 0 ? segments : [''] };
    return { protocol, resource, by: 'path', head: { ...head, target } };
  }

  #hostResource(authority: string): string | undefined {
    if (this.domain === undefined) return undefined;
    const host = authority.replace(/:\d+$/, '');
    if (!host.endsWith(`.${this.domain}`)) return undefined;
    const name = host.slice(0, -this.domain.length - 1);
    return resourceName.test(name) ? name : undefined;
  }
}
