import type { Action } from '@sallyport/domain';
import {
  enforce,
  type Capabilities,
  type EnforcementContext,
  type GatewayHost,
  type LiveSession,
  type ResourceBinding,
} from '@sallyport/enforcement';
import { UpstreamPool, type HeaderField, type UpstreamRequest } from '@sallyport/http-wire';
import type { ForwardRequest, HttpProtocol, HttpTarget } from './protocol.js';
import type { PublicPlace } from './response-headers.js';
import type { Route } from './routing.js';
import { SecretScan } from './secret-scan.js';
import { SessionTape } from './session-tape.js';
import { upstreamCredential, type UpstreamCredential } from './upstream-credential.js';

/** How often policy is asked whether what is under way may still run. Milliseconds. */
const askAgainMs = 1000;

/** One request under way, as its session sees it. */
export interface UnderWay {
  /** Ends it now, telling the client why if that can still be said. */
  cut(reason: string): void;
  /** Cuts it where policy would not permit it any more. */
  review(): void;
}

export interface WebSessionParts {
  readonly host: GatewayHost;
  readonly protocol: HttpProtocol;
  readonly binding: ResourceBinding;
  readonly target: HttpTarget;
  readonly live: LiveSession;
  readonly clientAddress: string;
}

/** One credential on one client connection at one resource. Its connections to the target serve nobody else. */
export class WebSession {
  readonly tape: SessionTape;
  readonly context: EnforcementContext;
  readonly pool: UpstreamPool;
  readonly credential: UpstreamCredential;
  readonly secrets: SecretScan;
  /** Host and port of the target as it is addressed, and its origin as it may name itself. */
  readonly authority: string;
  readonly origin: string;
  /** Set by the gateway alone. */
  readonly ownHeaders: ReadonlySet<string>;
  /** As sent, by what was judged: without bodies, so that the same can be sent again. */
  readonly requests = new WeakMap<ForwardRequest, UpstreamRequest>();
  /** The target's fields as the client sees them, by the way that it came. */
  readonly shownHeaders: Readonly<Record<Route['by'], WeakMap<readonly HeaderField[], readonly HeaderField[]>>> = {
    path: new WeakMap(),
    host: new WeakMap(),
  };
  readonly #underWay = new Set<UnderWay>();
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;
  closed: string | undefined;

  constructor(readonly parts: WebSessionParts) {
    const { binding, live, host, protocol } = parts;
    const { host: name, port, tls, ca, serverName, http2 } = binding.upstream;
    const { clientCertificate, clientKey } = binding.credential;
    this.tape = new SessionTape(live.recorder);
    this.context = contextOf(live, this.tape, protocol.capabilities);
    this.credential = upstreamCredential(binding.credential);
    this.secrets = new SecretScan(this.credential.secrets);
    this.ownHeaders = new Set(['accept-encoding', ...this.credential.headers.map(([header]) => header)]);
    const bracketed = name.includes(':') ? `[${name}]` : name;
    this.authority = port === (tls === 'disable' ? 80 : 443) ? bracketed : `${bracketed}:${port}`;
    this.origin = `${tls === 'disable' ? 'http' : 'https'}://${this.authority}`;
    this.pool = new UpstreamPool({
      endpoint: { host: name, port, tls, ca, serverName, http2, clientCertificate, clientKey },
      forbidden: (address, at) => host.forbidden(address, at),
    });
  }

  placeOf({ by, resource }: Route): PublicPlace {
    const { protocol, binding } = this.parts;
    return {
      prefix: by === 'path' ? `/${protocol.prefix}/${resource}` : '',
      upstreamOrigin: this.origin,
      upstreamPath: binding.upstream.path ?? '',
    };
  }

  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** Judges and records something that a request under way leads to. Only a plain permit will do. Throws when it cannot be recorded. */
  permits(action: Action): boolean {
    const verdict = enforce(this.context, { seq: this.nextSeq(), phase: 'execute', request: action, action });
    if (verdict.kind !== 'permit') return false;
    verdict.permit.take();
    return true;
  }

  /** A request that takes a while is looked at again and again, until it is over. */
  began(exchange: UnderWay): void {
    this.#underWay.add(exchange);
    this.#timer ??= setInterval(() => this.#review(), askAgainMs).unref();
  }

  ended(exchange: UnderWay): void {
    this.#underWay.delete(exchange);
  }

  /** Ends everything of it; whoever waits for an answer is told why. */
  close(reason: string): void {
    if (this.closed !== undefined) return;
    this.closed = reason;
    clearInterval(this.#timer);
    for (const exchange of [...this.#underWay]) exchange.cut(reason);
    this.pool.close();
    this.parts.live.close(reason);
  }

  #review(): void {
    if (this.#underWay.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    for (const exchange of [...this.#underWay]) exchange.review();
  }
}

function contextOf(live: LiveSession, recorder: SessionTape, capabilities: Capabilities): EnforcementContext {
  const { info: session, policy, approvals } = live;
  return { session, policy, recorder, approvals, capabilities };
}
