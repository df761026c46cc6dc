import type { SessionInfo } from '@sallyport/domain';
import type { ControlPlaneLink } from '../link/control-plane-link.js';
import { LinkError } from '../link/link-error.js';
import type { Logger } from '../logger.js';

interface News {
  /** Until the control plane knows the session. */
  opened: SessionInfo | undefined;
  closed: { readonly endedAt: string; readonly reason: string } | undefined;
  sending: boolean;
}

const maxInFlight = 32;
const retryMs = 5000;

/** Tells the control plane which sessions open and close; keeps what it could not say, and says it in order. */
export class SessionReporter {
  readonly #news = new Map<string, News>();
  #inFlight = 0;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    private readonly link: Pick<ControlPlaneLink, 'request' | 'connected'>,
    private readonly log: Logger,
    /** The control plane knows the session from now on. */
    private readonly onKnown: (sessionId: string) => void,
  ) {}

  /** Sessions about which there is something left to say. */
  get backlog(): number {
    return this.#news.size;
  }

  opened(session: SessionInfo): void {
    this.#news.set(session.id, { opened: session, closed: undefined, sending: false });
    this.resume();
  }

  closed(sessionId: string, endedAt: string, reason: string): void {
    const news = this.#news.get(sessionId) ?? { opened: undefined, closed: undefined, sending: false };
    news.closed ??= { endedAt, reason };
    this.#news.set(sessionId, news);
    this.resume();
  }

  /** True once the control plane has been told that the session exists. */
  known(sessionId: string): boolean {
    return this.#news.get(sessionId)?.opened === undefined;
  }

  resume(): void {
    if (this.#stopped || !this.link.connected) return;
    for (const [sessionId, news] of this.#news) {
      if (this.#inFlight >= maxInFlight) return;
      if (!news.sending && (news.opened ?? news.closed)) void this.#tell(sessionId, news);
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
  }

  async #tell(sessionId: string, news: News): Promise<void> {
    news.sending = true;
    this.#inFlight += 1;
    let again = true;
    try {
      if (news.opened) {
        await this.#say('session.opened', { ...news.opened, principal: copyPrincipal(news.opened) });
        news.opened = undefined;
        this.onKnown(sessionId);
      }
      if (news.closed) await this.#say('session.closed', { sessionId, ...news.closed });
      // Without a close the session lives on: its entry is made again when it ends.
      this.#news.delete(sessionId);
    } catch (error) {
      again = false;
      this.log.warn({ sessionId, error: (error as Error).message }, 'the control plane could not be told of a session');
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.resume(), retryMs);
      this.#retry.unref();
    } finally {
      news.sending = false;
      this.#inFlight -= 1;
    }
    if (again) this.resume();
  }

  /** A final refusal is an answer too: the session has ended there, or belongs to an enrolment before this one. */
  async #say<T extends 'session.opened' | 'session.closed'>(
    type: T,
    body: Parameters<typeof this.link.request<T>>[1],
  ): Promise<void> {
    try {
      await this.link.request(type, body);
    } catch (error) {
      if (!(error instanceof LinkError && error.final)) throw error;
      this.log.warn({ error: error.message }, 'the control plane refused news of a session');
    }
  }
}

/** The contract's arrays are mutable, the domain's are not. */
export function copyPrincipal({ principal }: SessionInfo) {
  return { ...principal, groups: [...principal.groups], roles: [...principal.roles] };
}
