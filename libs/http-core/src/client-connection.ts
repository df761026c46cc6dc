import { randomUUID } from 'node:crypto';
import { SallyportError } from '@sallyport/domain';
import type { GatewayHost, ResourceBinding } from '@sallyport/enforcement';
import type { RequestHead, ServerConnection, ServerRequest } from '@sallyport/http-wire';
import type { HttpProtocol, HttpTarget, Refusal } from './protocol.js';
import { noSuchResource, unauthenticated, unavailable } from './refusals.js';
import type { Route, Router } from './routing.js';
import { WebExchange } from './web-exchange.js';
import { WebSession } from './web-session.js';

/** What all connections share. */
export interface ConnectionSurroundings {
  readonly host: GatewayHost;
  readonly router: Router;
  /** The target of a resource as it is declared now. Throws when its settings cannot be understood. */
  targetOf(protocol: HttpProtocol, binding: ResourceBinding): HttpTarget;
}

/** A request for a resource, with whom it says it is from. */
interface Asked {
  readonly head: RequestHead;
  readonly route: Route;
  readonly credential: string;
  /** Of its session. */
  readonly key: string;
}

/** Sessions at once on one connection: each is a credential at a resource. */
const maxSessions = 64;

/** One client connection: finds the session of each request, or begins it. */
export class ClientConnection {
  /** By resource and credential; a promise while the credential is looked at. */
  readonly #sessions = new Map<string, WebSession | Promise<WebSession | Refusal>>();
  /** What is asked of resources that do not exist, told apart as sessions would. */
  readonly #unknown = new Map<string, { readonly id: string; count: number }>();
  connection: ServerConnection | undefined;
  /** What the last request asked for: who asks the same again is heard sooner. */
  #last: Asked | undefined;
  #closed = false;

  constructor(
    private readonly around: ConnectionSurroundings,
    private readonly clientAddress: string,
    /** Name that the client asked for in the TLS handshake; undefined: none. */
    private readonly serverName: string | undefined,
  ) {}

  handle(request: ServerRequest): void {
    const asked = this.#last?.head === request.head ? this.#last : this.#asked(request);
    if (!asked) return;
    const { route, credential, key } = asked;
    const known = this.#sessions.get(key);
    if (known instanceof WebSession && known.closed === undefined && this.#isCurrent(known)) {
      return new WebExchange(known, request, route).start();
    }
    if (known instanceof WebSession) known.close('the resource has changed');
    if (known instanceof Promise) return this.#whenOpen(known, request, route);
    if (!this.#hasRoom()) return refuse(request, route, { ...unavailable, status: 429 });
    const opening = this.#open(route, credential, key);
    this.#sessions.set(key, opening);
    this.#whenOpen(opening, request, route);
  }

  /** Undefined: the request was answered, as nobody's. */
  #asked(request: ServerRequest): Asked | undefined {
    const { head } = request;
    const route = this.around.router.route(head);
    if (!route) return void answerNotFound(request);
    if (this.#misdirected(route)) return void answerPlainly(request, 421, 'misdirected request');
    const credential = route.protocol.credentialOf(head);
    if (credential === undefined) return void refuse(request, route, unauthenticated);
    return (this.#last = { head, route, credential, key: `${route.protocol.prefix}/${route.resource}\0${credential}` });
  }

  close(reason: string): void {
    this.#closed = true;
    for (const session of this.#sessions.values()) if (session instanceof WebSession) session.close(reason);
    this.#sessions.clear();
  }

  #whenOpen(opening: Promise<WebSession | Refusal>, request: ServerRequest, route: Route): void {
    let gone = false;
    request.onAbort(() => (gone = true));
    const go = (session: WebSession | Refusal): void => {
      if (gone) return;
      if (session instanceof WebSession) new WebExchange(session, request, route).start();
      else refuse(request, route, session);
    };
    // Whatever is thrown ends this request, and nothing else.
    opening.then(go).catch(() => request.abort());
  }

  async #open(route: Route, credential: string, key: string): Promise<WebSession | Refusal> {
    let session: WebSession | Refusal;
    try {
      session = await this.#session(route, credential, key);
    } catch (error) {
      const { host } = this.around;
      host.log('warn', 'a session could not be started', {
        reason: error instanceof SallyportError ? error.code : error instanceof Error ? error.message : 'unknown',
      });
      session = error instanceof SallyportError && error.code === 'not-authenticated' ? unauthenticated : unavailable;
    }
    if (session instanceof WebSession && !this.#closed) this.#sessions.set(key, session);
    else this.#sessions.delete(key);
    if (session instanceof WebSession && this.#closed) session.close('the client left');
    return session;
  }

  async #session(route: Route, credential: string, key: string): Promise<WebSession | Refusal> {
    const { host } = this.around;
    const { protocol } = route;
    const authenticated = await host.authenticate(credential).catch(() => undefined);
    if (!authenticated) return unauthenticated;
    const binding = host.resource(route.resource, protocol.protocol);
    if (!binding) return this.#noSuchResource(route, key);
    const target = this.around.targetOf(protocol, binding);
    if (this.#closed) return unavailable;
    let end = (_reason: string): void => undefined;
    const live = host.open({
      authenticated,
      resource: binding,
      clientAddress: this.clientAddress,
      terminate: (reason) => end(reason),
    });
    const session = new WebSession({ host, protocol, binding, target, live, clientAddress: this.clientAddress });
    end = (reason) => session.close(reason);
    return session;
  }

  #noSuchResource({ resource, protocol }: Route, key: string): Refusal {
    const asked = this.#unknown.get(key) ?? { id: randomUUID(), count: 0 };
    asked.count += 1;
    if (this.#unknown.size < maxSessions) this.#unknown.set(key, asked);
    const decision = `${asked.id}.${asked.count}`;
    const { host } = this.around;
    host.log('info', 'a resource that does not exist was asked for', {
      resource,
      protocol: protocol.protocol,
      decision,
    });
    return noSuchResource(decision);
  }

  /** Sessions end by themselves, with the credential that they were begun with: these are forgotten. */
  #hasRoom(): boolean {
    if (this.#sessions.size < maxSessions) return true;
    for (const [key, session] of this.#sessions) {
      if (session instanceof WebSession && session.closed !== undefined) this.#sessions.delete(key);
    }
    return this.#sessions.size < maxSessions;
  }

  /** Settings may have changed since: then the next request goes by the new ones. */
  #isCurrent({ parts }: WebSession): boolean {
    const { protocol, binding } = parts;
    return this.around.host.resource(binding.name, protocol.protocol)?.revision === binding.revision;
  }

  /** Whoever asked for one host in the handshake does not ask another behind it (RFC 9110 section 7.4). */
  #misdirected({ head }: Route): boolean {
    if (this.serverName === undefined) return false;
    return head.authority.replace(/:\d+$/, '') !== this.serverName.toLowerCase();
  }
}

function refuse(request: ServerRequest, { protocol, head }: Route, refusal: Refusal): void {
  const local = protocol.refusal(refusal, head);
  request.respond({ status: local.status, headers: local.headers, bodyLength: local.body.length }, local.body);
}

function answerNotFound(request: ServerRequest): void {
  answerPlainly(request, 404, 'there is nothing here: resources are at /http/NAME and /k8s/NAME');
}

function answerPlainly(request: ServerRequest, status: number, detail: string): void {
  const body = Buffer.from(`${JSON.stringify({ type: 'about:blank', title: detail, status })}\n`);
  const headers = [
    ['content-type', 'application/problem+json'],
    ['cache-control', 'no-store'],
  ] as const;
  request.respond({ status, headers, bodyLength: body.length }, body);
}
